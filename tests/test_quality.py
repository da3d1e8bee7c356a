"""Quality flags: the rules on numbers, and the verdicts against cleanvision's on pictures."""

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
import pytest

import dataview as dv
from dataview.dataset import Dataset
from dataview.deduplication import NEAR
from dataview.quality import FLAGS, FlagStep, flag, flags
from dataview.scanning import ScanStep

N = 8
NAMES = [f.name for f in FLAGS]


def numbers(n: int = N, **columns: object) -> pd.DataFrame:
    """The columns of a scan of n images with nothing wrong, but for what is given."""
    rng = np.random.default_rng(0)
    usual = {
        "brightness_p99": [0.9] * n,
        "brightness_p05": [0.2] * n,
        "blurriness": [0.4] * n,
        "focus": [0.6] * n,
        "entropy": [7.0] * n,
        "megapixels": [0.3072] * n,
        "aspect": [1.5] * n,
        "grayscale": [False] * n,
        "digest": [f"{i:032x}" for i in range(n)],
        "phash": [f"{int(x):016x}" for x in rng.integers(0, 2**64, n, np.uint64)],
    }
    return pd.DataFrame({**usual, **columns}, index=[f"img-{i}" for i in range(n)])


def dataset(frame: pd.DataFrame, *history: object) -> Dataset:
    return Dataset(frame, streams={}, history=history)


def at(column: str, *values: object, fill: object) -> dict[str, list[object]]:
    """A column that has these values first."""
    return {column: [*values, *[fill] * (N - len(values))]}


# --- one flag after the other --------------------------------------------------------------------


def test_images_with_nothing_wrong_have_no_flag():
    flagged = flag(dataset(numbers()))
    assert not flagged.frame[[f"is_{name}" for name in NAMES]].to_numpy().any()
    assert flagged["duplicate_group"].isna().all()
    assert all(flagged[f"is_{name}"].dtype == bool for name in NAMES)


@pytest.mark.parametrize(
    ("name", "column", "values", "expected"),
    [
        ("dark", "brightness_p99", [0.0, 0.319, 0.32, 0.33], [True, True, False, False]),
        ("light", "brightness_p05", [1.0, 0.951, 0.95, 0.9], [True, True, False, False]),
        ("blurry", "blurriness", [1.0, 0.711, 0.71, 0.0], [True, True, False, False]),
        ("out_of_focus", "focus", [0.0, 0.09, 0.1, None, 2.0], [True, True, False, False, False]),
        ("low_information", "entropy", [0.0, 1.414, 1.415, 8.0], [True, True, False, False]),
        (
            "odd_aspect",
            "aspect",
            [0.34, 0.35, 20 / 7, 2.86, 1.0],
            [True, False, False, True, False],
        ),
        ("grayscale", "grayscale", [True, False, None], [True, False, False]),
    ],
)
def test_a_flag_is_its_comparison(name, column, values, expected):
    usual = numbers()[column].iloc[0]
    ds = flag(dataset(numbers(**at(column, *values, fill=usual))))
    assert ds[f"is_{name}"].tolist()[: len(values)] == expected
    assert not ds[f"is_{name}"].iloc[len(values) :].any()
    others = [f"is_{n}" for n in NAMES if n != name]
    assert not ds.frame[others].to_numpy().any()


def tukey(width: np.ndarray, height: np.ndarray, factor: float = 3.0) -> np.ndarray:
    """cleanvision's definition of an odd size, in its own words."""
    size = np.sqrt(width) * np.sqrt(height)
    q1, q3 = np.percentile(size, [25, 75])
    low, high = q1 - factor * (q3 - q1), q3 + factor * (q3 - q1)
    middle, gap = (low + high) / 2, high - low
    distance = np.abs(size - middle)
    if gap > 0:
        return 1 - np.clip(distance / gap, 0, 1) < 0.5
    return 1 - np.clip(distance / middle, 0, 1) < 1.0


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("spread", [1, 30, 400])
def test_an_odd_size_is_one_outside_the_fences_of_cleanvision(seed, spread):
    rng = np.random.default_rng(seed)
    width = 640 + rng.integers(0, spread, 200)
    height = 480 + rng.integers(0, spread, 200)
    width[:8] = [10, 5000, 641, 639, 3000, 1, 640, 1280]
    height[:8] = [10, 5000, 480, 480, 20, 1, 480, 960]
    ds = flag(dataset(numbers(200, megapixels=width * height / 1e6)))
    assert ds["is_odd_size"].tolist() == tukey(width, height).tolist()
    assert ds["is_odd_size"].sum() >= 2
    rule = flags(ds).rule["odd_size"]
    assert ds.mask(rule).tolist() == ds["is_odd_size"].tolist()


def test_a_size_that_was_odd_stays_odd_when_rows_are_taken_away():
    sizes = [0.3] * 20 + [4.0] * 2
    ds = flag(dataset(numbers(22, megapixels=sizes)))
    odd = ds[dv.col("is_odd_size") == True]  # noqa: E712
    assert len(odd) == 2
    assert odd.mask(flags(odd).rule["odd_size"]).all()


def test_duplicates_are_flagged_and_their_groups_numbered():
    frame = numbers()
    frame["digest"] = list("aabcdefg")
    hashes = frame["phash"].tolist()
    hashes[1] = hashes[0]
    hashes[3] = f"{int(hashes[2], 16) ^ 0b1011:016x}"
    frame["phash"] = hashes
    ds = flag(dataset(frame))
    assert ds["is_exact_duplicate"].tolist() == [True] * 2 + [False] * 6
    assert ds["is_near_duplicate"].tolist() == [False] * 2 + [True] * 2 + [False] * 4
    assert ds["duplicate_group"].tolist() == [0, 0, 1, 1] + [pd.NA] * 4
    assert not flag(dataset(frame), near_duplicate=2)["is_near_duplicate"].any()
    only = flag(dataset(frame), near_duplicate=None)
    assert "is_near_duplicate" not in only.columns
    assert only["duplicate_group"].tolist() == [0, 0] + [pd.NA] * 6
    none = flag(dataset(frame), near_duplicate=None, exact_duplicate=None)
    assert not {"is_exact_duplicate", "duplicate_group"} & set(none.columns)


# --- thresholds ----------------------------------------------------------------------------------


def test_a_threshold_can_be_changed_and_a_flag_left_out():
    frame = numbers(**at("brightness_p99", 0.2, 0.3, fill=0.9))
    ds = flag(dataset(frame), dark=0.25, blurry=None, grayscale=False, light=True)
    assert ds["is_dark"].tolist() == [True] + [False] * 7
    assert not {"is_blurry", "is_grayscale"} & set(ds.columns) and "is_light" in ds.columns
    assert flags(ds).rule["dark"] == (dv.col("brightness_p99") < 0.25)
    assert repr(ds.history[-1]) == "flag(dark=0.25, blurry=None, grayscale=False, light=True)"


def test_an_unknown_flag_names_the_near_ones():
    with pytest.raises(KeyError, match="unknown flag 'drak': did you mean 'dark'"):
        flag(dataset(numbers()), drak=0.2)


@pytest.mark.parametrize(
    ("thresholds", "message"),
    [
        ({"dark": "0.2"}, "dark='0.2': a threshold is a number"),
        ({"dark": float("nan")}, "dark=nan: expected a finite number"),
        ({"odd_aspect": 0}, "odd_aspect=0: expected a finite number above 0"),
        ({"odd_size": -1}, "odd_size=-1"),
        ({"grayscale": 0.5}, "grayscale=0.5: this flag has no threshold"),
        ({"near_duplicate": 2.5}, "near=2.5"),
        ({"near_duplicate": 40}, "near=40"),
    ],
)
def test_a_threshold_that_is_none_is_refused_in_words(thresholds, message):
    with pytest.raises((TypeError, ValueError), match=re.escape(message)):
        flag(dataset(numbers()), **thresholds)


# --- what is not there ---------------------------------------------------------------------------


def test_a_dataset_that_was_not_scanned_is_told_to_be():
    with pytest.raises(KeyError, match=r"no column .*brightness_p99.*dv\.scan\(ds\)"):
        flag(dataset(pd.DataFrame({"label": ["cat"]})))
    with pytest.raises(KeyError, match=r"no column entropy .*dv\.scan\(ds\)"):
        flag(dataset(numbers().drop(columns="entropy")))
    assert (
        "is_dark" in flag(dataset(numbers().drop(columns="entropy")), low_information=None).columns
    )
    with pytest.raises(TypeError, match=r"takes a Dataset, not DataFrame: dv\.flag\(dv\.scan"):
        flag(numbers())


def test_images_that_could_not_be_read_are_not_flagged_but_counted_as_unknown():
    frame = numbers().astype(object)
    frame.iloc[2, :] = None
    ds = flag(dataset(frame))
    made = [f"is_{name}" for name in NAMES]
    assert not ds.frame[made].to_numpy().any() and all(ds[c].dtype == bool for c in made)
    assert set(flags(ds)["unknown"]) == {1}


def test_arrays_which_are_no_files_have_no_exact_duplicates():
    frame = numbers().drop(columns="digest")
    step = ScanStep(tuple((name, name) for name in [*frame, "error"]))
    frame["error"] = None
    report = flags(flag(dataset(frame, step)))
    assert report.images["exact_duplicate"] == 0
    assert report.unknown["exact_duplicate"] == N
    assert report.rule["exact_duplicate"] == "no image has the statistic 'digest'"


def test_a_statistic_that_an_older_scan_did_not_have_is_warned_of():
    frame = numbers().drop(columns="focus")
    step = ScanStep(tuple((name, name) for name in frame))
    with pytest.warns(UserWarning, match="no image has the statistic focus"):
        ds = flag(dataset(frame, step))
    assert not ds["is_out_of_focus"].any()
    assert flags(ds).unknown["out_of_focus"] == N


def test_a_scan_in_which_nothing_could_be_read_flags_nothing():
    frame = pd.DataFrame({"error": ["no such file"] * 3})
    ds = flag(dataset(frame, ScanStep((("error", "error"),))))
    assert flags(ds)["images"].sum() == 0
    assert set(flags(ds)["unknown"]) == {3}


def test_an_empty_dataset_is_flagged():
    assert len(flag(dataset(numbers(0)))) == 0
    assert flags(flag(dataset(numbers(0))))["share"].tolist() == [0.0] * len(FLAGS)


# --- hostile columns -----------------------------------------------------------------------------


def test_columns_of_the_user_are_never_overwritten():
    frame = numbers(is_dark="mine", image_is_dark="mine too", duplicate_group="mine as well")
    before = frame.copy()
    ds = flag(dataset(frame))
    pd.testing.assert_frame_equal(ds.frame[list(before)], before)
    assert ds["image_image_is_dark"].dtype == bool
    assert ds["image_duplicate_group"].isna().all()
    assert flags(ds).column["dark"] == "image_image_is_dark"


def test_flagging_again_replaces_the_flags_and_nothing_else():
    frame = numbers(**at("entropy", 1.0, 2.0, fill=7.0), is_dark="mine")
    once = flag(dataset(frame))
    again = flag(once, low_information=3.0, blurry=None)
    assert again["is_low_information"].tolist() == [True, True] + [False] * 6
    assert sorted(map(str, again.columns)) == sorted(set(map(str, once.columns)) - {"is_blurry"})
    assert again["is_dark"].tolist() == ["mine"] * N
    assert "blurry" not in flags(again).index


def test_the_statistics_of_a_scan_are_used_where_the_user_has_taken_their_names():
    frame = numbers(entropy="low", image_entropy=[1.0] + [7.0] * 7)
    step = ScanStep((("entropy", "image_entropy"),))
    ds = flag(dataset(frame, step))
    assert ds["is_low_information"].tolist() == [True] + [False] * 7
    assert flags(ds).rule["low_information"] == (dv.col("image_entropy") < 1.415)


@pytest.mark.parametrize("name", ["entropy", "aspect", "megapixels", "brightness_p99"])
@pytest.mark.parametrize("values", [["high"] * N, [[1, 2]] * N])
def test_a_column_that_holds_something_else_is_refused_in_words(name, values):
    with pytest.raises(TypeError, match=rf"column '{name}', as dv\.scan\(ds\) makes"):
        flag(dataset(numbers(**{name: values})))


# --- the tables ----------------------------------------------------------------------------------


def test_the_table_of_flags_names_column_threshold_and_meaning_of_each():
    table = flags()
    assert table.index.tolist() == NAMES
    assert table.loc["dark", ["column", "comparison", "threshold"]].tolist() == [
        "brightness_p99",
        "<",
        0.32,
    ]
    assert table["meaning"].str.len().gt(10).all()


def test_the_report_counts_and_its_rules_select_what_is_flagged():
    rng = np.random.default_rng(1)
    frame = numbers(
        200,
        brightness_p99=rng.random(200),
        brightness_p05=rng.random(200),
        blurriness=rng.random(200),
        focus=rng.random(200),
        entropy=rng.uniform(0, 8, 200),
        megapixels=rng.integers(1, 10**6, 200) ** 2 / 1e6,
        aspect=rng.uniform(0.1, 5, 200),
        grayscale=rng.random(200) < 0.5,
    )
    ds = flag(dataset(frame))
    report = flags(ds)
    for name in NAMES[:8]:
        mask = ds[f"is_{name}"]
        assert report.images[name] == mask.sum() > 0 or name == "odd_size"
        assert ds[report.rule[name]].index.equals(ds.index[mask])
        assert eval(repr(report.rule[name]), {"dv": dv}) == report.rule[name]
    assert report.share["dark"] == pytest.approx(ds["is_dark"].mean())
    half = ds.take(np.arange(100))
    assert flags(half).images["dark"] == half["is_dark"].sum()
    assert isinstance(half.history[-2], FlagStep)
    assert "brightness_p99" in report.to_string() and "brightness_p99" in report._repr_html_()


def test_a_report_of_a_dataset_without_flags_says_how_to_get_them():
    with pytest.raises(ValueError, match=r"dv\.flag\(ds\)"):
        flags(dataset(numbers()))


# --- against cleanvision -------------------------------------------------------------------------

BENCH = Path(__file__).parent / "bench" / "agreement.py"


@pytest.fixture(scope="module")
def agreement() -> ModuleType:
    """The script that compares with cleanvision."""
    pytest.importorskip("cleanvision")
    spec = importlib.util.spec_from_file_location("agreement", BENCH)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def made(agreement, tmp_path_factory) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Made pictures with every fault: what was done to each, our verdicts and cleanvision's."""
    folder = tmp_path_factory.mktemp("made")
    (folder / "faulty").mkdir()
    faults = agreement.FAULTS
    sources = agreement.scenes(32, folder)
    pictures = agreement.degrade(sources, folder / "faulty", faults=faults, each=len(faults))
    paths = pictures["path"].tolist()
    pictures = pictures.set_index("path")
    return pictures, agreement.our_verdicts(paths), agreement.their_verdicts(paths)


def agreed(agreement, made, flag: str, keep=lambda pictures: pictures.index.notna()) -> pd.Series:
    pictures, ours, theirs = made
    some = keep(pictures)
    return agreement.agreement(ours[some], theirs[some]).loc[flag]


@pytest.mark.parametrize("name", ["dark", "light", "blurry", "odd_size", "odd_aspect"])
def test_verdicts_on_faulty_pictures_are_cleanvisions(agreement, made, name):
    row = agreed(agreement, made, f"is_{name}")
    assert row["theirs"] >= 5
    assert row["F1"] >= 0.9


def test_low_information_is_cleanvisions_verdict_unless_levels_were_taken_at_full_size(
    agreement, made
):
    """Averaging gives a posterized picture its levels back: the numbers see it as the eye does."""

    def not_posterized(pictures):
        return ~pictures["change"].str.startswith("posterized").to_numpy()

    row = agreed(agreement, made, "is_low_information", not_posterized)
    assert row["theirs"] >= 3
    assert row["F1"] >= 0.9


def test_grayscale_is_cleanvisions_verdict_and_looks_at_pixels_where_that_looks_at_the_format(
    agreement, made
):
    pictures, ours, theirs = made
    assert ours["is_grayscale"][theirs["is_grayscale"]].all()
    assert ours["is_grayscale"][(pictures["change"] == "gray 3").to_numpy()].all()
    pale = pictures["change"].str.match(r"flatter|lighter|gray 3").to_numpy()
    row = agreed(agreement, made, "is_grayscale", lambda _: ~pale)
    assert row["theirs"] >= 5
    assert row["F1"] >= 0.9


def test_near_duplicates_are_cleanvisions_and_more_and_all_show_the_same_picture(agreement, made):
    pictures, ours, theirs = made
    blank = ours["contrast"] < 0.004  # one level of gray: their hashes are all the same
    found = theirs["is_near_duplicate"] & ~blank
    assert found.sum() >= 50
    assert ours["is_near_duplicate"][found].mean() >= 0.98
    groups = pictures["source"].groupby(ours["duplicate_group"].to_numpy(dtype=object))
    assert groups.nunique().eq(1).all()


def test_exact_duplicates_are_cleanvisions(agreement, made):
    row = agreed(agreement, made, "is_exact_duplicate")
    assert row["theirs"] >= 4
    assert row["F1"] >= 0.9


@pytest.mark.slow
@pytest.mark.parametrize("name", ["bccd", "photos", "coco128"])
def test_verdicts_on_real_images_are_cleanvisions(agreement, data, name):
    paths = agreement.images_in(data / agreement.FOLDERS[name])
    table = agreement.agreement(agreement.our_verdicts(paths), agreement.their_verdicts(paths))
    for flag_ in ["dark", "light", "blurry", "low_information", "odd_size", "odd_aspect"]:
        row = table.loc[f"is_{flag_}"]
        assert row["ours"] + row["theirs"] == 0 or row["F1"] >= 0.9, flag_
    assert not table["recall"].lt(1).any()


def test_injected_copies_are_found_and_mirrored_ones_are_not(agreement, tmp_path):
    found = agreement.copies_found(agreement.scenes(25, tmp_path), [0, NEAR])
    turned = ["mirrored", "turned by 2 degrees", "pairs of different images"]
    assert (found[NEAR].drop(turned) >= 0.85).all()
    assert found[NEAR]["mirrored"] == found[NEAR]["pairs of different images"] == 0
    assert found[0].drop(turned).mean() < found[NEAR].drop(turned).mean()


def test_blurred_pictures_are_out_of_focus_in_any_light_and_others_are_not(agreement, made):
    pictures, ours, _ = made
    change = pictures["change"].str.split(" ", expand=True)
    radius = pd.to_numeric(change[1].where(change[0] == "blurred"))
    found = ours["is_out_of_focus"]
    assert (radius >= 0.8).sum() >= 10
    assert found[radius >= 0.8].mean() >= 0.9
    assert found[radius.isna()].mean() <= 0.02
