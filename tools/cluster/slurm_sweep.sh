#!/usr/bin/env bash
#SBATCH --job-name=lastack-sweep
#SBATCH --cpus-per-task=1
#SBATCH --mem-per-cpu=512M
#SBATCH --time=04:00:00
#SBATCH --requeue
#SBATCH --signal=B:USR1@60
#SBATCH --open-mode=append
#SBATCH --output=lastack-%A_%a.log
# Runs a sweep as a Slurm job array: each task is one shard, kept in OUTDIR/part-I-of-N.sqlite.
#
#   job=$(sbatch --parsable --array=1-8 tools/cluster/slurm_sweep.sh SWEEP.json OUTDIR [OPTION…])
#   sbatch --dependency=afterok:"$job" --kill-on-invalid-dep=yes \
#     tools/cluster/slurm_merge.sh SWEEP.json OUTDIR
#
# What to adapt, above or as options of sbatch, which win over what stands above:
#   --array=1-N              the number of shards; the results do not depend on it
#   --cpus-per-task          threads of each task; without simultaneous threads 1 is best
#   --mem-per-cpu, --time    what a run needs; --partition, --account as your cluster wants
# OUTDIR must be on a file system that all nodes see and that has file locks (NFS 4; Lustre mounted
# with `flock`). In the environment:
#   LASTACK             the program (default: `lastack` from the PATH)
#   LASTACK_SHARDS      N, to run some tasks of an array anew: LASTACK_SHARDS=8 sbatch --array=3,5 …
#   LASTACK_REQUEUES    how often a task may requeue itself (default 20)
# OPTIONs go to `lastack sweep`.
#
# A task that is stopped goes on where it was, since it runs with --resume. Slurm itself requeues it
# after a node failed or it had to give way; it requeues itself a minute before its time is up, or
# when something killed the program. Wrong input fails it, with exit code 2.
set -euo pipefail

fail() {
  echo "slurm_sweep.sh: $1" >&2
  exit 2
}

(($# >= 2)) || fail "usage: sbatch --array=1-N slurm_sweep.sh SWEEP.json OUTDIR [OPTION…]"
sweep=$1 out=$2
shift 2
lastack=${LASTACK:-lastack}
task=${SLURM_ARRAY_TASK_ID:?slurm_sweep.sh: want a job array, such as sbatch --array=1-8}

if [[ -n ${LASTACK_SHARDS:-} ]]; then
  count=$LASTACK_SHARDS index=$task
else
  count=$SLURM_ARRAY_TASK_COUNT index=$((task - SLURM_ARRAY_TASK_MIN + 1))
  ((SLURM_ARRAY_TASK_MAX - SLURM_ARRAY_TASK_MIN + 1 == count)) ||
    fail "this array has gaps; to run some tasks anew, set LASTACK_SHARDS to the number of shards"
fi

mkdir -p "$out"
"$lastack" sweep "$sweep" --db "$out/part-$index-of-$count.sqlite" --shard "$index/$count" \
  --resume -j "${SLURM_CPUS_PER_TASK:-1}" "$@" &
program=$!
# Slurm's warning that the time is up. The program then keeps what it has, and ends with 130.
trap 'kill -TERM "$program" 2> /dev/null || true' USR1

code=0
wait "$program" || code=$?
while kill -0 "$program" 2> /dev/null; do # the trap ended `wait`, not the program
  code=0
  wait "$program" || code=$?
done

if ((code > 128 && ${SLURM_RESTART_COUNT:-0} < ${LASTACK_REQUEUES:-20})); then
  echo "slurm_sweep.sh: shard $index/$count was stopped (exit code $code); it is requeued" >&2
  scontrol requeue "$SLURM_JOB_ID"
fi
exit "$code"
