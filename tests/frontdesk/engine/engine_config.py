"""What the installed vLLM makes of command lines: the whole configuration of an engine that is not started.

    python -m tests.frontdesk.engine.engine_config DEVICE '[["--model", …], …]'

prints a JSON list with a part of each. For the device "gpu" on a machine without one, vLLM is told of eight. That is what a
driver would report. vLLM's kernels need the driver's library to be loaded; they are left out, and nothing calls them.
"""

import json
import sys
from types import ModuleType
from typing import Any

KERNELS = ("vllm._C", "vllm._C_stable_libtorch")


def pretend_gpus() -> None:
    """Let vLLM see eight GPUs."""
    sys.modules.update({name: ModuleType(name) for name in KERNELS})
    from vllm import platforms
    from vllm.platforms.cuda import CudaPlatform
    from vllm.platforms.interface import DeviceCapability

    class Reported(CudaPlatform):  # type: ignore[misc, valid-type]
        """A server of eight."""

        get_device_capability = classmethod(lambda *_, **__: DeviceCapability(8, 9))
        get_device_name = classmethod(lambda *_, **__: "NVIDIA L40S")
        get_device_total_memory = classmethod(lambda *_, **__: 48 * 2**30)
        device_count = classmethod(lambda _: 8)

    platforms._current_platform = Reported()  # type: ignore[assignment]


def configured(words: list[str]) -> dict[str, Any]:
    """The engine that a command line means."""
    from vllm.engine.arg_utils import AsyncEngineArgs
    from vllm.entrypoints.launchers.cli_args import make_arg_parser
    from vllm.utils.argparse_utils import FlexibleArgumentParser

    parsed = make_arg_parser(FlexibleArgumentParser()).parse_args(words)  # type: ignore[no-untyped-call]
    config = AsyncEngineArgs.from_cli_args(parsed).create_engine_config()
    drafts, lora = config.speculative_config, config.lora_config
    return {
        "device": config.device_config.device_type,
        "gpus": config.parallel_config.tensor_parallel_size,
        "dtype": str(config.model_config.dtype).removeprefix("torch."),
        "length": config.model_config.max_model_len,
        "block": config.cache_config.block_size,
        "drafts": drafts and [drafts.method, drafts.num_speculative_tokens],
        "lora": lora and [lora.max_lora_rank, lora.max_loras, lora.max_cpu_loras],
        "eager": config.model_config.enforce_eager,
    }


def main() -> None:
    """One configuration after the other."""
    import torch

    if sys.argv[1] == "gpu" and not torch.cuda.is_available():
        pretend_gpus()
    made = [configured(words) for words in json.loads(sys.argv[2])]
    print("\n" + json.dumps(made))


if __name__ == "__main__":
    main()
