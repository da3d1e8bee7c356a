"""How far the quality flags agree with cleanvision's verdicts, as a table (see README.md).

``python tests/bench/agreement.py`` compares them on the image folders of $DATAVIEW_TEST_DATA, and on
pictures that are made here by degrading some of those.
"""

from __future__ import annotations

import argparse
import io
import os
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from PIL import Image, ImageEnhance, ImageFilter, ImageOps

import dataview as dv
from dataview.deduplication import BLANK_BITS, count_ones, near_pairs, read_hashes
from dataview.quality import flag

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("DATAVIEW_TEST_DATA", ROOT.parent / "shared" / "data"))

FOLDERS = {
    "bccd": "detection/bccd",
    "photos": "photos",
    "coco128": "detection/coco128/images",
    "cifar10": "classification/cifar10",
}
# our column: cleanvision's
FLAGS = {
    "is_dark": "is_dark_issue",
    "is_light": "is_light_issue",
    "is_blurry": "is_blurry_issue",
    "is_low_information": "is_low_information_issue",
    "is_odd_size": "is_odd_size_issue",
    "is_odd_aspect": "is_odd_aspect_ratio_issue",
    "is_grayscale": "is_grayscale_issue",
    "is_exact_duplicate": "is_exact_duplicates_issue",
    "is_near_duplicate": "is_near_duplicates_issue",
}

# --- pictures with faults ------------------------------------------------------------------------

Change = Callable[[Image.Image, float], Image.Image]


def point(function: Callable[[np.ndarray], np.ndarray]) -> Callable[[Image.Image], Image.Image]:
    """A change of each value by itself."""
    table = np.clip(np.round(function(np.arange(256.0))), 0, 255).astype(int).tolist()
    return lambda image: image.point(table * len(image.getbands()))


def darker(image: Image.Image, share: float) -> Image.Image:
    return point(lambda v: v * share)(image)


def lighter(image: Image.Image, share: float) -> Image.Image:
    return point(lambda v: 255 - (255 - v) * share)(image)


def flatter(image: Image.Image, share: float) -> Image.Image:
    return point(lambda v: 128 + (v - 128) * share)(image)


def blurred(image: Image.Image, radius: float) -> Image.Image:
    return image.filter(ImageFilter.GaussianBlur(radius * max(image.size) / 64))


def posterized(image: Image.Image, bits: float) -> Image.Image:
    return ImageOps.posterize(image, int(bits))


def scaled(image: Image.Image, share: float) -> Image.Image:
    return image.resize((max(1, round(image.width * share)), max(1, round(image.height * share))))


def strip(image: Image.Image, aspect: float) -> Image.Image:
    width = max(1, round(image.height * aspect))
    if width <= image.width:
        return image.crop((0, 0, width, image.height))
    return image.crop((0, 0, image.width, max(1, round(image.width / aspect))))


def gray(image: Image.Image, bands: float) -> Image.Image:
    return image.convert("L").convert("RGB" if bands == 3 else "L")


def trimmed(image: Image.Image, share: float) -> Image.Image:
    x, y = round(image.width * share / 2), round(image.height * share / 2)
    return image.crop((x, y, image.width - x, image.height - y))


def corner(image: Image.Image, share: float) -> Image.Image:
    return image.crop((0, 0, round(image.width * share), round(image.height * share)))


def brighter(image: Image.Image, factor: float) -> Image.Image:
    return ImageEnhance.Brightness(image).enhance(factor)


def mirrored(image: Image.Image, _: float) -> Image.Image:
    return ImageOps.mirror(image)


def turned(image: Image.Image, degrees: float) -> Image.Image:
    return image.rotate(degrees, Image.Resampling.BICUBIC)


FAULTS: dict[Change, Sequence[float]] = {
    darker: (0.7, 0.5, 0.4, 0.35, 0.3, 0.25, 0.2, 0.1),
    lighter: (0.5, 0.3, 0.2, 0.1, 0.05, 0.02),
    flatter: (0.3, 0.15, 0.08, 0.04, 0.02, 0.01),
    blurred: (0.2, 0.4, 0.6, 0.8, 1.0, 1.5, 2.0, 3.0, 5.0),
    posterized: (4, 3, 2, 1),
    scaled: (0.05, 0.1, 0.25, 3.0),
    strip: (0.1, 0.25, 0.33, 0.36, 0.5, 2.0, 2.8, 2.9, 5.0),
    gray: (1, 3),
}
COPIES: dict[str, tuple[Change | None, float, int]] = {  # change, how much, JPEG quality
    "the same file": (None, 0, 0),
    "JPEG of quality 50": (None, 0, 50),
    "half the size": (scaled, 0.5, 90),
    "1 % cut off on each side": (trimmed, 0.02, 90),
    "2 % cut off on two sides": (corner, 0.98, 90),
    "10 % brighter": (brighter, 1.1, 90),
    "gray": (gray, 1, 90),
    "turned by 2 degrees": (turned, 2, 90),
    "mirrored": (mirrored, 0, 90),
}


def degrade(
    sources: Sequence[Path],
    folder: Path,
    *,
    faults: Mapping[Change, Sequence[float]] = FAULTS,
    each: int = 2,
    seed: int = 0,
    most: int = 1024,
) -> pd.DataFrame:
    """Write pictures and faulty versions of them to a folder.

    Parameters
    ----------
    sources
        Image files. Those larger than `most` pixels are made smaller first.
    faults, each
        Kinds of faults with their strengths, and how many faulty versions to make of each picture,
        of kinds and strengths at random.

    Returns
    -------
    DataFrame
        A row for each file, in the order of paths: `path`, `source` and `change`.
    """
    rng = np.random.default_rng(seed)
    rows = []

    def write(data: bytes, source: Path, change: str, suffix: str = "jpg") -> None:
        path = folder / f"{len(rows):05d}.{suffix}"
        path.write_bytes(data)
        rows.append({"path": str(path), "source": str(source), "change": change})

    for source in sources:
        image = opened(source, most)
        original = encoded(image, 95)
        write(original, source, "none")
        kinds = list(faults)
        for i in rng.choice(len(kinds), each, replace=False):
            strength = float(rng.choice(list(faults[kinds[i]])))
            changed = kinds[i](image, strength)
            png = bool(rng.random() < 0.5)  # JPEG adds noise to what is flat
            change = f"{kinds[i].__name__} {strength:g}"
            write(encoded(changed, 0 if png else 90), source, change, "png" if png else "jpg")
        name = list(COPIES)[rng.integers(len(COPIES))]
        write(copied(image, name) or original, source, name)
    return pd.DataFrame(rows)


def opened(path: Path, most: int) -> Image.Image:
    """An image upright, as RGB, with a long side of at most that many pixels."""
    image = ImageOps.exif_transpose(Image.open(path)).convert("RGB")
    image.thumbnail((most, most))
    return image


def copied(image: Image.Image, name: str) -> bytes:
    """A copy of `COPIES` as a file; b"" for the same file."""
    change, strength, quality = COPIES[name]
    return encoded(change(image, strength) if change else image, quality) if quality else b""


def encoded(image: Image.Image, quality: int) -> bytes:
    """A JPEG of this quality, or a PNG."""
    out = io.BytesIO()
    if quality:
        image.save(out, "JPEG", quality=quality)
    else:
        image.save(out, "PNG", compress_level=1)
    return out.getvalue()


def scenes(n: int, folder: Path, seed: int = 0) -> list[Path]:
    """Made pictures with structure at every scale and colours, for where there are no photographs."""
    rng = np.random.default_rng(seed)
    paths = []
    for i in range(n):
        picture = np.zeros((180, 240, 3))
        for cells in (2, 4, 8, 16, 32, 64, 128, 180):
            coarse = rng.normal(0, 1, (cells, cells, 3)) + rng.normal(0, 1, (cells, cells, 1))
            layers = [Image.fromarray(coarse[..., c].astype(np.float32)) for c in range(3)]
            picture += np.dstack([layer.resize((240, 180)) for layer in layers]) / cells**0.5
        low, high = np.percentile(picture, [1, 99])
        path = folder / f"scene{i:03d}.png"
        values = np.clip((picture - low) / (high - low), 0, 1) * 255
        Image.fromarray(values.astype(np.uint8)).save(path)
        paths.append(path)
    return paths


# --- verdicts ------------------------------------------------------------------------------------


def images_in(folder: Path) -> list[str]:
    """Paths of the images in a folder, sorted."""
    wanted = {".jpg", ".jpeg", ".png"}
    return sorted(str(path) for path in folder.rglob("*") if path.suffix.lower() in wanted)


def our_verdicts(paths: Sequence[str]) -> pd.DataFrame:
    """Our flags, and the columns that they stand on, by path."""
    table = pd.DataFrame({"image": list(paths)}, index=list(paths))
    return flag(dv.scan(table, progress=False)).frame


def their_verdicts(paths: Sequence[str]) -> pd.DataFrame:
    """cleanvision's verdicts under the names of our flags, and its scores, by path."""
    from cleanvision import Imagelab

    lab = Imagelab(filepaths=list(paths), verbose=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        lab.find_issues(n_jobs=1, verbose=False)
    issues = lab.issues.loc[list(paths)]
    return issues.rename(columns={theirs: ours for ours, theirs in FLAGS.items()})


def copies_found(
    sources: Sequence[Path], distances: Sequence[int], most: int = 1024
) -> pd.DataFrame:
    """Share of injected copies that are near duplicates of their originals, by what was changed.

    A column for each distance. The last row counts the pairs of different originals that are as near.
    """
    names = list(COPIES)
    files = []
    for source in sources:
        image = opened(source, most)
        original = encoded(image, 95)
        files += [original, *(copied(image, name) or original for name in names)]
    frame = dv.scan(pd.DataFrame({"image": files}), progress=False).frame
    hashes, known = read_hashes(frame["phash"])
    table = {}
    width = len(names) + 1
    for near in distances:
        shares = {}
        for k, name in enumerate(names, 1):
            apart = count_ones(hashes[::width] ^ hashes[k::width])
            shares[name] = float((apart <= near).mean())
        originals, first = np.unique(hashes[::width][known[::width]], return_index=True)
        pairs = near_pairs(originals[count_ones(originals) >= BLANK_BITS], near)
        shares["pairs of different images"] = len(pairs[0]) + len(sources) - len(first)
        table[near] = shares
    return pd.DataFrame(table)


def agreement(ours: pd.DataFrame, theirs: pd.DataFrame) -> pd.DataFrame:
    """Precision, recall and F1 of our verdicts against theirs, one row per flag.

    Where neither flags anything there is nothing to measure: the three are missing.
    """
    rows = {}
    for column in FLAGS:
        a, b = ours[column].to_numpy(bool), theirs[column].to_numpy(bool)
        both, flagged, expected = int((a & b).sum()), int(a.sum()), int(b.sum())
        rows[column] = {
            "ours": flagged,
            "theirs": expected,
            "both": both,
            "precision": both / flagged if flagged else np.nan,
            "recall": both / expected if expected else np.nan,
            "F1": 2 * both / (flagged + expected) if flagged + expected else np.nan,
        }
    return pd.DataFrame(rows).T.astype({"ours": int, "theirs": int, "both": int})


def datasets(folder: Path) -> Iterator[tuple[str, list[str]]]:
    """Names of the sets, and the images in each; `folder` is for those that are made."""
    for name, place in FOLDERS.items():
        if (DATA / place).is_dir():
            yield name, images_in(DATA / place)
    (folder / "degraded").mkdir()
    made = degrade(photographs() or scenes(100, folder), folder / "degraded")
    yield "degraded", made["path"].tolist()


def photographs() -> list[Path]:
    """The images that the faulty ones are made of."""
    names = ("bccd", "photos")
    return [Path(path) for name in names for path in images_in(DATA / FOLDERS[name])]


def print_agreement(sets: Sequence[str], differences: bool) -> None:
    """A table for each set, and one with the F1 of all as Markdown."""
    scores: dict[str, pd.Series[Any]] = {}
    folder = Path(tempfile.mkdtemp(prefix="dataview-agreement-"))
    try:
        for name, paths in datasets(folder):
            if sets and name not in sets:
                continue
            ours, theirs = our_verdicts(paths), their_verdicts(paths)
            table = agreement(ours, theirs)
            print(f"\n{name}, {len(paths):,} images")
            print(table.dropna(subset="F1").round(3).to_string(), flush=True)
            shown = [
                "–" if np.isnan(f1) else f"{f1:.2f} ({a}, {b})"
                for f1, a, b in zip(table["F1"], table["ours"], table["theirs"], strict=True)
            ]
            scores[f"{name} ({len(paths):,})"] = pd.Series(shown, table.index)
            for column in FLAGS if differences else ():
                for path in ours.index[ours[column] != theirs[column]]:
                    print(f"  {column} by {'us' if ours[column][path] else 'them'}: {path}")
    finally:
        shutil.rmtree(folder)
    columns = ["F1 (ours, theirs)", *scores]
    print("\n" + " | ".join(columns) + "\n" + "|".join(["---"] * len(columns)))
    for flag_ in FLAGS:
        print(" | ".join([flag_, *(column[flag_] for column in scores.values())]))


def print_blur() -> None:
    """How many of the degraded pictures are flagged as blurred, by what was done to them."""
    folder = Path(tempfile.mkdtemp(prefix="dataview-agreement-"))
    try:
        made = degrade(photographs() or scenes(100, folder), folder).set_index("path")
        ours, theirs = our_verdicts(made.index.tolist()), their_verdicts(made.index.tolist())
    finally:
        shutil.rmtree(folder)
    blurred = made["change"].str.startswith("blurred")
    counted = {
        "pictures": blurred | ~blurred,
        "is_blurry": ours["is_blurry"],
        "cleanvision": theirs["is_blurry"],
        "is_out_of_focus": ours["is_out_of_focus"],
    }
    table = pd.DataFrame(counted)
    print(table[blurred].groupby(made["change"]).sum().to_string())
    others = table[~blurred & table.drop(columns="pictures").any(axis=1)]
    print(f"\nof {(~blurred).sum()} pictures with other faults or none")
    print(others.groupby(made["change"]).sum().to_string())


def print_copies() -> None:
    """What share of injected copies is found at which distance of their hashes."""
    folders = [*FOLDERS.values(), "classification/imagenet_samples"]
    folders.remove(FOLDERS["cifar10"])
    sources = [Path(path) for folder in folders for path in images_in(DATA / folder)]
    found = copies_found(sources, (0, 2, 4, 6, 8, 10))
    print(f"{len(sources)} images, share found at a distance of at most")
    print(found.round(3).to_string())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sets", nargs="*", help=f"{', '.join(FOLDERS)}, degraded; default: all")
    parser.add_argument(
        "--list", action="store_true", help="name images that are judged differently"
    )
    parser.add_argument("--copies", action="store_true", help="measure near duplicates instead")
    parser.add_argument("--blur", action="store_true", help="count blurred pictures instead")
    options = parser.parse_args()
    if options.copies:
        print_copies()
    elif options.blur:
        print_blur()
    else:
        print_agreement(options.sets, options.list)


if __name__ == "__main__":
    main()
