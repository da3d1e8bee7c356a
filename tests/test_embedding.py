"""Embedders: how good the vectors are, that they are the same again, and torchvision's networks."""

import importlib
import sys
import threading
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits
from sklearn.neighbors import KNeighborsClassifier

from dataview.dictionary import DictionaryEmbedder, patches, principal_axes
from dataview.embedding import VectorCollector, make_embedder
from dataview.engine import ScanPass
from dataview.networks import (
    TorchEmbedder,
    WeightsError,
    import_torchvision,
    read_weights,
    torchvision_embedder,
)
from dataview.plugins import embedder as register
from dataview.plugins import registry
from dataview.progress import Cancelled


def enlarged(digit: np.ndarray) -> np.ndarray:
    image = Image.fromarray((digit * 15.9).astype(np.uint8)).convert("RGB")
    return np.asarray(image.resize((32, 32), Image.Resampling.BILINEAR))


@pytest.fixture(scope="module")
def digits() -> SimpleNamespace:
    loaded = load_digits()
    order = np.random.default_rng(0).permutation(len(loaded.target))
    images = np.stack([enlarged(d) for d in loaded.images])
    return SimpleNamespace(images=images[order], labels=loaded.target[order])


@pytest.fixture(scope="module")
def learnt(digits) -> DictionaryEmbedder:
    return DictionaryEmbedder().fit(digits.images[:1200])


@pytest.fixture(scope="module")
def torch():
    return pytest.importorskip(
        "torch", reason="the networks need the extra [torch]", exc_type=Exception
    )


# -- the dictionary --------------------------------------------------------------------------------


def test_neighbours_of_digits_are_the_same_digit(digits, learnt):
    knn = KNeighborsClassifier(10).fit(learnt.transform(digits.images[:1200]), digits.labels[:1200])
    assert knn.score(learnt.transform(digits.images[1200:]), digits.labels[1200:]) >= 0.98


def test_neighbours_in_cifar_10_reach_the_stated_accuracy(data):
    def load(split):
        files = sorted((data / "classification/cifar10" / split).glob("*/*"))
        return np.stack([np.asarray(Image.open(f).convert("RGB")) for f in files]), [
            f.parent.name for f in files
        ]

    images, labels = load("train")
    learnt = DictionaryEmbedder().fit(images)
    knn = KNeighborsClassifier(10).fit(learnt.transform(images), labels)
    unseen, truth = load("test")
    assert knn.score(learnt.transform(unseen), truth) >= 0.52  # 0.56 measured; 0.48 was asked for


def test_the_same_seed_gives_the_same_vectors_and_another_gives_others(digits):
    first, again, other = (
        DictionaryEmbedder(seed=s).fit_transform(digits.images[:300]) for s in (1, 1, 2)
    )
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_vectors_do_not_depend_on_the_division_into_batches(digits, learnt):
    images = digits.images[:70]
    whole = learnt.transform(images)
    parts = np.concatenate([learnt.transform(images[i : i + 23]) for i in range(0, 70, 23)])
    assert np.array_equal(whole, parts)
    assert np.array_equal(whole[41], learnt.transform(images[41:42])[0])


def test_vectors_are_float32_of_length_one(learnt, digits):
    vectors = learnt.transform(digits.images[:50])
    assert vectors.dtype == np.float32 and vectors.shape == (50, 128)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(50), abs=1e-5)


@pytest.mark.parametrize("n", [1, 2, 5])
def test_few_images_have_few_dimensions(digits, n):
    vectors = DictionaryEmbedder().fit_transform(digits.images[:n])
    assert vectors.shape == (n, n) and np.isfinite(vectors).all()


def test_equal_images_have_equal_vectors_and_flat_ones_do_not_fail(digits):
    images = np.concatenate([digits.images[:20], np.full((3, 32, 32, 3), 90, np.uint8)])
    vectors = DictionaryEmbedder().fit_transform(images)
    assert np.array_equal(vectors[20], vectors[21]) and np.isfinite(vectors).all()
    assert not DictionaryEmbedder().fit_transform(images[20:]).any()


def test_other_sizes_and_aspects_are_taken(digits):
    images = np.random.default_rng(0).integers(0, 256, (6, 48, 20, 3), np.uint8)
    assert DictionaryEmbedder().fit_transform(images).shape == (6, 6)


def test_images_of_another_size_than_it_has_learnt_from_are_an_error(learnt):
    with pytest.raises(ValueError, match=r"\(28, 28, 3\).*\(32, 32, 3\)"):
        learnt.transform(np.zeros((2, 28, 28, 3), np.uint8))
    with pytest.raises(ValueError, match="not fitted"):
        DictionaryEmbedder().transform(np.zeros((2, 28, 28, 3), np.uint8))


@pytest.mark.parametrize("shape", [(0, 32, 32, 3), (2, 6, 6, 3), (32, 32, 3)])
def test_images_that_cannot_be_learnt_from_are_an_error(shape):
    with pytest.raises(ValueError, match="images"):
        DictionaryEmbedder().fit(np.zeros(shape, np.uint8))


def test_patches_are_cut_row_by_row_and_normalised():
    image = np.random.default_rng(0).integers(0, 256, (1, 12, 10, 3), np.uint8)
    found = patches(image, 6, stride=2)[0, 1, 2]
    cut = np.moveaxis(image[0, 2:8, 4:10], -1, 0).astype(float).ravel()
    assert found == pytest.approx((cut - cut.mean()) / np.sqrt(cut.var() + 10), abs=1e-4)


def test_principal_axes_are_those_of_a_full_decomposition():
    rng = np.random.default_rng(0)
    x = (rng.normal(size=(400, 60)) * np.geomspace(10, 0.1, 60)).astype(np.float32)
    x -= x.mean(axis=0)
    axes, variance = principal_axes(x, 5)
    _, singular, exact = np.linalg.svd(x, full_matrices=False)
    assert np.abs(axes @ exact[:5].T) == pytest.approx(np.eye(5), abs=1e-3)
    assert variance == pytest.approx(singular[:5] ** 2 / 400, rel=1e-3)


# -- any function ----------------------------------------------------------------------------------


def test_a_function_is_an_embedder(digits):
    def mean_color(images):
        return images.mean(axis=(1, 2))

    made = make_embedder(mean_color, input_size=16)
    assert (made.name, made.input_size, made.needs_fit) == ("mean_color", 16, False)
    assert made.transform(digits.images[:3]) == pytest.approx(digits.images[:3].mean(axis=(1, 2)))


@pytest.mark.parametrize(
    "wrong", [lambda x: 1, lambda x: np.zeros(len(x)), lambda x: np.zeros((1, 4)), lambda x: None]
)
def test_a_function_that_returns_something_else_is_an_error_that_says_so(wrong, digits):
    with pytest.raises(ValueError, match="embedder"):
        make_embedder(wrong).transform(digits.images[:3])


def test_a_registered_embedder_is_found_by_name(digits):
    register(name="first pixel", input_size=8)(lambda images: images[:, 0, 0])
    try:
        made = make_embedder("first pixel")
        assert (made.name, made.input_size) == ("first pixel", 8)
        assert made.transform(digits.images[:2]).shape == (2, 3)
    finally:
        registry("embedder").unregister("first pixel")


def test_an_object_with_fit_and_transform_is_an_embedder(digits):
    class Scaler:
        def fit(self, images):
            self.mean = images.mean()

        def transform(self, images):
            return images[:, 0, :, 0] - self.mean

    collector = VectorCollector(make_embedder(Scaler), n=10)
    collector.add(np.arange(10), digits.images[:10])
    assert collector.finish().shape == (10, 32)


def test_what_is_no_embedder_is_an_error_that_names_what_is():
    with pytest.raises((KeyError, ImportError), match="dictionary"):
        make_embedder("dictonary")
    with pytest.raises(TypeError, match="not int"):
        make_embedder(7)
    with pytest.raises(ValueError, match="torchvision"):
        make_embedder("dictionary", weights="x.pth")
    with pytest.raises(ValueError, match="weights="):
        make_embedder(lambda x: x, weights="x.pth")


def test_the_collector_learns_from_the_first_images_whatever_the_batches(digits):
    results = []
    for batch in (50, 130):
        collector = VectorCollector(DictionaryEmbedder(), n=420, fit_images=200)
        for start in range(0, 400, batch):
            where = np.arange(start, min(start + batch, 400))
            collector.add(where, digits.images[where])
        results.append(collector.finish())
    assert np.array_equal(results[0], results[1], equal_nan=True)
    assert np.isnan(results[0][400:]).all() and collector.done == 400


def test_a_collector_without_images_has_no_dimensions():
    assert VectorCollector(DictionaryEmbedder(), n=3).finish().shape == (3, 0)


def test_learning_can_be_cancelled(digits):
    cancel = threading.Event()

    class Cancelling(DictionaryEmbedder):
        def _learn_dictionary(self, images, rng):
            cancel.set()
            super()._learn_dictionary(images, rng)

    for embedder in (Cancelling(n_patches=1000), make_embedder(lambda x: x[:, 0, 0])):
        collector = VectorCollector(embedder, n=20, cancel=cancel)
        with pytest.raises(Cancelled):
            collector.add(np.arange(20), digits.images[:20])
            collector.finish()


# -- networks --------------------------------------------------------------------------------------


def test_mobilenet_from_a_file_classifies_imagenet_samples_as_well_as_stated(data, torch):
    import pandas as pd

    from dataview.readers import read

    folder = data / "classification/imagenet_samples"
    table = pd.read_csv(folder / "labels.csv")
    table["file"] = [str(folder / name) for name in table["file"]]
    weights = data / "weights/mobilenet_v2_imagenet_from_tflite_fp16.safetensors"
    network = make_embedder("mobilenet_v2", weights)
    work = ScanPass(read(table, image="file"), embedder=network)
    images = np.concatenate([batch.images for batch in work])
    logits = network.predict(images)
    assert (logits.argmax(axis=1) == table["class_index"]).mean() >= 0.76
    top5 = np.argsort(logits, axis=1)[:, -5:]
    assert (top5 == table["class_index"].to_numpy()[:, None]).any(axis=1).mean() >= 0.92
    assert network.transform(images[:2]).shape == (2, 1280)
    assert len(network.recipe["weights"]["sha256"]) == 64


def test_features_are_what_enters_the_last_linear_layer(torch, digits):
    import torchvision

    torch.manual_seed(0)
    module = torchvision.models.get_model("mobilenet_v3_small", weights=None, num_classes=7).eval()
    network = TorchEmbedder(module, penultimate=True, batch_size=2)
    features, logits = network.transform(digits.images[:5]), network.predict(digits.images[:5])
    with torch.inference_mode():
        head = module.classifier[-1](torch.from_numpy(features).to(network.device)).cpu().numpy()
    assert features.shape == (5, 1024)
    assert logits == pytest.approx(head, abs=1e-4)


def test_preprocessing_is_torchvisions(torch, data):
    import torchvision.transforms.v2.functional as F

    from dataview.decoding import square
    from dataview.image import open_image

    file = sorted((data / "classification/imagenet_samples/images").iterdir())[0]
    image = Image.open(file).convert("RGB")
    expected = F.center_crop(F.resize(image, [256]), [224])
    found = square(open_image(file, size=256).array, 224, 224 / 256)
    assert (
        np.abs(found.astype(int) - np.asarray(expected)).mean() < 3
    )  # of 255: a shift by half a pixel


def test_a_module_is_left_as_it_was(torch, digits):
    module = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.BatchNorm2d(4)).train()
    before = {k: v.clone() for k, v in module.state_dict().items()}
    vectors = make_embedder(module, input_size=32, device="cpu").transform(digits.images[:3])
    assert vectors.shape == (3, 4)  # (3, 4, 30, 30), averaged
    assert module.training and module[1].training
    assert all(torch.equal(v, before[k]) for k, v in module.state_dict().items())


def test_weights_that_cannot_be_downloaded_are_an_error_that_names_the_way_out(
    torch, monkeypatch, tmp_path
):
    from urllib.error import URLError

    def offline(*_, **__):
        raise URLError("no network")

    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setattr(torch.hub, "download_url_to_file", offline)
    network = make_embedder("resnet18")  # nothing is downloaded before it is needed
    assert (network.name, network.input_size) == ("resnet18", 224)
    assert network.recipe["weights"] == {"torchvision": "ResNet18_Weights.IMAGENET1K_V1"}
    with pytest.raises(WeightsError, match=r"resnet18.*no network.*weights='path"):
        network.transform(np.zeros((1, 224, 224, 3), np.uint8))
    with pytest.raises(KeyError, match="did you mean 'resnet18'"):
        make_embedder("resnet_18")


def test_weights_files_of_several_shapes_are_read(torch, tmp_path):
    import torchvision
    from safetensors.torch import save_file

    module = torchvision.models.get_model("mobilenet_v3_small", weights=None, num_classes=3)
    state = module.state_dict()
    torch.save(state, tmp_path / "plain.pth")
    torch.save(
        {"epoch": 3, "state_dict": {f"module.{k}": v for k, v in state.items()}},
        tmp_path / "checkpoint.pt",
    )
    save_file(state, tmp_path / "plain.safetensors")
    for name in ["plain.pth", "checkpoint.pt", "plain.safetensors"]:
        loaded = torchvision_embedder("mobilenet_v3_small", tmp_path / name).module.state_dict()
        assert all(torch.equal(loaded[k], v) for k, v in state.items())


def test_weights_that_are_not_there_or_do_not_fit_are_errors(torch, tmp_path):
    import torchvision

    with pytest.raises(FileNotFoundError, match="none.pth.*IMAGENET1K_V1"):
        make_embedder("resnet18", tmp_path / "none.pth")
    (tmp_path / "text.pth").write_text("not weights")
    with pytest.raises(WeightsError, match="text.pth cannot be read"):
        make_embedder("resnet18", tmp_path / "text.pth")
    torch.save([1, 2], tmp_path / "list.pth")
    with pytest.raises(WeightsError, match="no state dict"):
        read_weights(tmp_path / "list.pth")
    torch.save(
        torchvision.models.get_model("squeezenet1_1", weights=None).state_dict(),
        tmp_path / "other.pth",
    )
    with pytest.raises(WeightsError, match="does not fit resnet18"):
        make_embedder("resnet18", tmp_path / "other.pth")


def test_a_weights_file_with_code_in_it_is_not_run(torch, tmp_path):
    class Evil:
        def __reduce__(self):
            return (open, (str(tmp_path / "written"), "w"))

    torch.save({"weight": Evil()}, tmp_path / "evil.pth")
    with pytest.raises(WeightsError):
        read_weights(tmp_path / "evil.pth")
    assert not (tmp_path / "written").exists()


def without_torchvision(monkeypatch):
    real = importlib.import_module

    def broken(name, *args):
        if name == "torchvision":
            raise RuntimeError("operator torchvision::nms does not exist")
        return real(name, *args)

    monkeypatch.setattr(importlib, "import_module", broken)
    monkeypatch.setitem(sys.modules, "torchvision", None)


def test_a_torch_that_cannot_be_imported_is_an_error_with_advice(monkeypatch):
    without_torchvision(monkeypatch)
    with pytest.raises(ImportError, match=r"pip install 'jupyterlab-dataview\[torch\]'.*nms"):
        import_torchvision()
    with pytest.raises(ImportError, match=r"\[torch\]"):
        make_embedder("resnet18")


def test_a_module_needs_no_torchvision(torch, digits, monkeypatch):
    without_torchvision(monkeypatch)
    module = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3))
    assert make_embedder(module, input_size=32).transform(digits.images[:2]).shape == (2, 4)
    assert make_embedder(module).recipe["weights"]


def test_the_recipe_of_a_network_says_what_makes_a_difference(torch):
    def recipe(layer=torch.nn.ReLU, **options):
        torch.manual_seed(0)
        module = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), layer())
        return TorchEmbedder(module, **options).recipe

    assert recipe() == recipe()
    others = [recipe(torch.nn.Tanh), recipe(mean=(0, 0, 0)), recipe(penultimate=True)]
    assert all(other != recipe() for other in others)


def test_a_function_that_loads_a_network_is_called_when_it_is_needed(torch, digits):
    loaded = []

    def load():
        loaded.append(1)
        return torch.nn.Conv2d(3, 4, 3)

    with pytest.raises(TypeError, match="name= and recipe="):
        TorchEmbedder(load)
    network = TorchEmbedder(load, name="mine", recipe={"method": "mine"}, input_size=32)
    assert network.recipe["method"] == "mine" and not loaded
    assert network.transform(digits.images[:3]).shape == (3, 4)
    network.transform(digits.images[:3])
    assert loaded == [1]
