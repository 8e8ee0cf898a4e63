"""What the fork server of tests/stages.py has imported before a stage starts."""

import bitsandbytes
import datasets
import matplotlib.pyplot
import torch
import transformers
import trl
from peft import PeftModel
from transformers import LlamaForCausalLM
