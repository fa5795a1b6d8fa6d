#!/usr/bin/env bash
#SBATCH --job-name=lastack-merge
#SBATCH --cpus-per-task=1
#SBATCH --mem-per-cpu=512M
#SBATCH --time=01:00:00
#SBATCH --requeue
#SBATCH --output=lastack-merge-%j.log
# Puts the parts together that slurm_sweep.sh left in OUTDIR: OUTDIR/sweep.sqlite and sweep.csv are
# those of the whole sweep on one machine.
#
#   sbatch --dependency=afterok:JOB --kill-on-invalid-dep=yes slurm_merge.sh SWEEP.json OUTDIR
#
# It needs no Slurm: `slurm_merge.sh SWEEP.json OUTDIR` in a shell does the same. Ends with the
# sweep's table, and with exit code 1 when one of its expectations fails. LASTACK: the program.
set -euo pipefail

if (($# != 2)); then
  echo "usage: slurm_merge.sh SWEEP.json OUTDIR" >&2
  exit 2
fi
sweep=$1 out=$2
lastack=${LASTACK:-lastack}

rm -f "$out"/sweep.{sqlite,sqlite-wal,sqlite-shm,csv} # of an earlier merge; the parts stay
"$lastack" merge "$out/sweep.sqlite" "$out"/part-*-of-*.sqlite
"$lastack" export "$out/sweep.sqlite" --csv "$out/sweep.csv"
"$lastack" sweep "$sweep" --db "$out/sweep.sqlite" --resume # nothing is left to run: it judges
