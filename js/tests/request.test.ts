import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import {
  codeFor,
  isBelowRoot,
  isExplorable,
  nameOf,
  parseLink,
  type Roles,
  titleOf,
} from "../src/lab/request";

const SETTINGS = { embedder: "auto", cacheLimit: "" };
const HOSTILE = [
  `"); import os; os.system("touch pwned"); ("`,
  "'); import os; os.system('touch pwned'); ('",
  `"""\nimport os\n"""`,
  "back\\slash\\",
  "new\nline\rand\ttab",
  "\u2028\u2029\u0000\u001b[31m",
  "<img src=x onerror=alert(1)>",
  "名前 🐙 é",
  "{x} %s $HOME `id`",
  "\\u0022);print(1)",
];

test("whatever is in a path stays in one string of code that never changes", () => {
  for (const path of HOSTILE) {
    const code = codeFor({ paths: [path], roles: { label: path } }, "~/x", SETTINGS);
    const [first, second, ...more] = code.split("\n");
    expect(first).toBe("from dataview.tabs import open_tab");
    expect(second).toMatch(/^open_tab\("(?:[^"\\\n]|\\.)*"\)$/);
    expect(more).toEqual([]);
    expect(code).toMatch(/^[\n\x20-\x7e]*$/);
    const text = JSON.parse(second.slice("open_tab(".length, -1));
    expect(JSON.parse(text)).toMatchObject({ paths: [path], roles: { label: path }, root: "~/x" });
  }
});

test("Python reads the same paths from the code", () => {
  const code = codeFor({ paths: HOSTILE, roles: {} }, "", SETTINGS);
  const script = `
import ast, json, sys
call = ast.parse(sys.stdin.read()).body[1].value
assert call.func.id == "open_tab" and not call.keywords and len(call.args) == 1
sys.stdout.write(json.dumps(json.loads(call.args[0].value)["paths"]))
`;
  const out = execFileSync("python3", ["-c", script], { input: code, encoding: "utf8" });
  expect(JSON.parse(out)).toEqual(HOSTILE);
});

test("a link to something below the server's root needs no question, all else does", () => {
  for (const path of ["photos", "a/b c", "./s3:/x", "a/..b", "名前"]) {
    expect(isBelowRoot(path), path).toBe(true);
  }
  const outside = ["/etc", "~/x", "~root", "../x", "a/../../x", "s3://b", "file:///etc", "HTTP:x"];
  for (const path of [...outside, "a\\..\\..\\x", "C:\\x", "a\0b"]) {
    expect(isBelowRoot(path), path).toBe(false);
  }
});

test("a link is read, and malformed ones say why", () => {
  expect(parseLink("?token=1", "")).toBeNull();
  const roles = encodeURIComponent('{"label": "species"}');
  expect(parseLink(`?explore=a%20b%2Fc&roles=${roles}&kernel=python3`, "")).toEqual({
    request: { paths: ["a b/c"], roles: { label: "species" } },
    kernel: "python3",
    trusted: true,
  });
  const refused: [string, string][] = [
    ["?explore=", "no path"],
    ["?explore=x&roles=nonsense", "no JSON"],
    ["?explore=x&roles=[1]", "no JSON object"],
    ["?explore=x&roles=%7B%22labels%22:%22a%22%7D", 'has "labels", expected one of image'],
    ["?explore=x&roles=%7B%22label%22:%7B%7D%7D", "no column for label"],
    ["?explore=x&roles=%7B%22__proto__%22:%22a%22%7D", "__proto__"],
  ];
  for (const [query, words] of refused) expect(() => parseLink(query, "")).toThrow(words);
});

test("only the key that the server wrote into the page makes a path outside trusted", () => {
  const trusted = (query: string, key: string) => parseLink(query, key)?.trusted;
  expect(trusted("?explore=/data&key=abc", "abc")).toBe(true);
  expect(trusted("?explore=/data&key=abd", "abc")).toBe(false);
  expect(trusted("?explore=/data", "abc")).toBe(false);
  expect(trusted("?explore=/data&key=", "")).toBe(false);
  expect(trusted("?explore=/data&key=", "abc")).toBe(false);
});

test("an absolute path below the root that the page names is a path below the root", () => {
  const link = parseLink("?explore=/srv/me/photos/x", "", "/srv/me/");
  expect(link?.trusted).toBe(true);
  expect(link?.request.paths).toEqual(["photos/x"]);
  expect(parseLink("?explore=/srv/me/../you", "", "/srv/me")?.trusted).toBe(false);
  expect(parseLink("?explore=/srv/meter", "", "/srv/me")?.trusted).toBe(false);
});

test("a tab is called by the last part of its path, several images by their number", () => {
  const roles: Roles = {};
  expect(titleOf({ paths: ["./a/b/"], roles })).toBe("b");
  expect(titleOf({ paths: ["a.png", "b.png", "c.png"], roles })).toBe("3 images");
  expect(nameOf("/")).toBe("/");
});

test("the menu is for folders, images and tables of images", () => {
  const item = (path: string, type = "file") => ({ path, type });
  expect(isExplorable([item("a", "directory")])).toBe(true);
  for (const name of ["a.JPG", "a.png", "a.csv", "a.parquet", "a.json", "a.tsv"]) {
    expect(isExplorable([item(name)]), name).toBe(true);
  }
  for (const name of ["a.txt", "a.ipynb", "png", "a.py"]) {
    expect(isExplorable([item(name)]), name).toBe(false);
  }
  expect(isExplorable([item("a.jpg"), item("b.png")])).toBe(true);
  expect(isExplorable([item("a.jpg"), item("b.txt")])).toBe(false);
  expect(isExplorable([item("a.csv"), item("b.csv")])).toBe(false);
  expect(isExplorable([])).toBe(false);
});
