#!/usr/bin/env bash
# GRPO with the two tools on one node, by verl 0.9. What is behind the script's name is handed on:
#   MODEL=Qwen/Qwen2.5-VL-7B-Instruct ./launch.sh trainer.n_gpus_per_node=4
# VALIDATION=test validates by another split.
# For Qwen3-VL, set `token_side: 32` in tools.yaml and give data.image_patch_size=16.
set -euo pipefail
here=$(CDPATH="" cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)

# Paths as Hydra's strings.
quoted() {
    local path
    for path in "$@"; do printf "'%s'," "${path//\'/\\\'}"; done
}

# The shards of a split.
shards() {
    local files=("$here/$1"-*.parquet)
    if [[ ! -e ${files[0]} ]]; then
        echo "There is no $1-*.parquet in $here. Name another split: TRAIN=… VALIDATION=… $0" >&2
        return 1
    fi
    quoted "${files[@]}"
}
train_files=$(shards "${TRAIN:-train}")
validation_files=$(shards "${VALIDATION:-validation}")
tools=$(quoted "$here/tools.yaml")

exec python3 -m verl.trainer.main_ppo \
    algorithm.adv_estimator=grpo \
    algorithm.use_kl_in_reward=False \
    data.train_files="[${train_files%,}]" \
    data.val_files="[${validation_files%,}]" \
    data.train_batch_size=64 \
    data.max_prompt_length=8192 \
    data.max_response_length=8192 \
    data.filter_overlong_prompts=True \
    data.truncation=error \
    data.image_patch_size=14 \
    actor_rollout_ref.model.path="${MODEL:-Qwen/Qwen2.5-VL-7B-Instruct}" \
    actor_rollout_ref.model.enable_gradient_checkpointing=True \
    actor_rollout_ref.actor.optim.lr=1e-6 \
    actor_rollout_ref.actor.ppo_mini_batch_size=64 \
    actor_rollout_ref.actor.use_dynamic_bsz=True \
    actor_rollout_ref.actor.ppo_max_token_len_per_gpu=16384 \
    actor_rollout_ref.actor.use_kl_loss=False \
    actor_rollout_ref.rollout.name=vllm \
    actor_rollout_ref.rollout.n=8 \
    actor_rollout_ref.rollout.gpu_memory_utilization=0.6 \
    actor_rollout_ref.rollout.log_prob_use_dynamic_bsz=True \
    actor_rollout_ref.rollout.multi_turn.enable=True \
    actor_rollout_ref.rollout.multi_turn.format=hermes \
    actor_rollout_ref.rollout.multi_turn.tool_config_path="${tools%,}" \
    actor_rollout_ref.rollout.multi_turn.max_assistant_turns=6 \
    actor_rollout_ref.rollout.multi_turn.max_parallel_calls=1 \
    actor_rollout_ref.rollout.multi_turn.max_tool_response_length=1024 \
    reward.custom_reward_function.path=pkg://mifg_pipeline.export.verl.reward \
    reward.custom_reward_function.name=compute_score \
    trainer.project_name=mifg \
    trainer.experiment_name=imagent \
    trainer.n_gpus_per_node=8 \
    trainer.nnodes=1 \
    "$@"
