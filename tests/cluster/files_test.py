#!/usr/bin/env python3
"""The files of tools/cluster without a cluster: their fields, and the commands that are in them.

    files_test.py LASTACK TOOLS    exit code 77 where PyYAML is missing, after what needs none
"""

import glob
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

import sweeps

try:
    import yaml
except ImportError:
    yaml = None

SKIPPED = 77
TOOLS = ""


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="lastack-files-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.sweep = sweeps.write(f"{self.folder}/sweep.json", sweeps.sweep(repeat=100))
        os.mkdir(f"{self.folder}/bin")
        os.symlink(sweeps.LASTACK, f"{self.folder}/bin/lastack")

    def alone(self):
        sweeps.run("sweep", self.sweep, "--db", f"{self.folder}/alone.sqlite", "--quiet")
        return sweeps.csv_of(f"{self.folder}/alone.sqlite")

    def environment(self, **more):
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("SLURM_", "LASTACK", "JOB_"))}
        return {**clean, "PATH": f"{self.folder}/bin:{os.environ['PATH']}", **more}

    def content(self, path):
        with open(f"{self.folder}/{path}", "rb") as file:
            return file.read()


class SlurmScripts(Case):
    """How slurm_sweep.sh takes what Slurm passes to it. A real Slurm runs it in slurm_test.py."""

    def answer(self, **environment):
        ran = subprocess.run([f"{TOOLS}/slurm_sweep.sh", self.sweep, f"{self.folder}/out", "--quiet"],
                             capture_output=True, text=True, env=self.environment(**environment))
        return ran.returncode, ran.stderr, [os.path.basename(path) for path in glob.glob(f"{self.folder}/out/*")]

    def array(self, task, least, most, count):
        return {"SLURM_ARRAY_TASK_ID": str(task), "SLURM_ARRAY_TASK_MIN": str(least), "SLURM_ARRAY_TASK_MAX": str(most),
                "SLURM_ARRAY_TASK_COUNT": str(count)}

    def test_without_an_array_it_asks_for_one(self):
        code, said, files = self.answer()
        self.assertNotEqual(code, 0)
        self.assertIn("want a job array", said)
        self.assertEqual(files, [])

    def test_an_array_with_gaps_is_refused(self):
        code, said, files = self.answer(**self.array(3, 1, 5, 3))
        self.assertEqual((code, files), (2, []))
        self.assertIn("has gaps", said)

    def test_an_array_may_begin_anywhere(self):
        code, said, files = self.answer(**self.array(7, 5, 8, 4))
        self.assertEqual((code, files), (0, ["part-3-of-4.sqlite"]), said)

    def test_one_task_may_be_run_anew(self):
        code, said, files = self.answer(LASTACK_SHARDS="4", **self.array(3, 3, 3, 1))
        self.assertEqual((code, files), (0, ["part-3-of-4.sqlite"]), said)

    def test_wrong_input_fails_the_task_at_once(self):
        with open(self.sweep, "w") as file:
            file.write("{}")
        code, said, files = self.answer(**self.array(1, 1, 2, 2))
        self.assertEqual((code, files), (2, []))
        self.assertIn("sweep.json", said)
        self.assertNotIn("requeue", said)

    def test_the_merge_needs_no_slurm(self):
        for task in range(1, 5):
            self.assertEqual(self.answer(**self.array(task, 1, 4, 4))[0], 0)
        for _ in range(2):  # the second replaces what the first made
            subprocess.run([f"{TOOLS}/slurm_merge.sh", self.sweep, f"{self.folder}/out"], check=True, stdout=subprocess.DEVNULL,
                           env=self.environment())
            self.assertTrue(self.content("out/sweep.csv") == self.alone_once())

    def alone_once(self):
        if not hasattr(self, "whole"):
            self.whole = self.alone()
        return self.whole


# Key -> what it holds: the fields of Kubernetes' API that the manifest may use. A list stands for any number of its one element.
CONTAINER = {"name": str, "image": str, "env": [{"name": str, "value": str}], "command": [str], "args": [str],
             "resources": {"requests": {"cpu": str, "memory": str}, "limits": {"memory": str}},
             "volumeMounts": [{"name": str, "mountPath": str, "readOnly": bool}]}
POD = {"spec": {"restartPolicy": str, "securityContext": {"runAsNonRoot": bool, "runAsUser": int, "fsGroup": int},
                "containers": [CONTAINER],
                "volumes": [{"name": str, "configMap": {"name": str}, "persistentVolumeClaim": {"claimName": str}}]}}
JOB = {"apiVersion": str, "kind": str, "metadata": {"name": str}, "spec": {
    "completionMode": str, "completions": int, "parallelism": int, "backoffLimitPerIndex": int, "backoffLimit": int,
    "suspend": bool, "template": POD,
    "podFailurePolicy": {"rules": [{"action": str, "onPodConditions": [{"type": str}],
                                    "onExitCodes": {"containerName": str, "operator": str, "values": [int]}}]}}}
CLAIM = {"apiVersion": str, "kind": str, "metadata": {"name": str},
         "spec": {"accessModes": [str], "resources": {"requests": {"storage": str}}}}


def departures(value, form, place=""):
    """What of a manifest is not of the form of Kubernetes' API, by its place."""
    if isinstance(form, dict) and isinstance(value, dict):
        found = [f"{place}/{key}: no such field" for key in value if key not in form]
        return found + [each for key in value if key in form for each in departures(value[key], form[key], f"{place}/{key}")]
    if isinstance(form, list) and isinstance(value, list):
        return [each for i, item in enumerate(value) for each in departures(item, form[0], f"{place}/{i}")]
    fits = isinstance(form, type) and isinstance(value, form) and (form is not int or not isinstance(value, bool))
    return [] if fits else [f"{place}: {value!r}"]


@unittest.skipUnless(yaml, "PyYAML is not installed")
class Kubernetes(Case):
    def setUp(self):
        super().setUp()
        with open(f"{TOOLS}/kubernetes_sweep.yaml") as file:
            self.claim, self.job, self.merge = yaml.safe_load_all(file)

    def container(self, job):
        containers = job["spec"]["template"]["spec"]["containers"]
        self.assertEqual(len(containers), 1)
        return containers[0]

    def test_fields_are_those_of_the_api(self):
        for document, form, kind in ((self.claim, CLAIM, "PersistentVolumeClaim"), (self.job, JOB, "Job"), (self.merge, JOB, "Job")):
            self.assertEqual(document["kind"], kind)
            self.assertEqual(document["apiVersion"], "batch/v1" if kind == "Job" else "v1")
            self.assertEqual(departures(document, form), [])
        self.job["spec"]["completion"] = 8
        self.merge["spec"]["backoffLimit"] = "0"
        self.assertEqual(departures(self.job, JOB), ["/spec/completion: no such field"])
        self.assertEqual(departures(self.merge, JOB), ["/spec/backoffLimit: '0'"])

    def test_it_is_an_indexed_job_of_as_many_shards_as_completions(self):
        spec = self.job["spec"]
        self.assertEqual(spec["completionMode"], "Indexed")
        self.assertTrue(1 <= spec["parallelism"] <= spec["completions"])
        for job in (self.job, self.merge):
            self.assertEqual(self.container(job)["env"], [{"name": "SHARDS", "value": str(spec["completions"])}])
            self.assertEqual(job["spec"]["template"]["spec"]["restartPolicy"], "Never")  # as both policies want
        self.assertTrue(self.merge["spec"]["suspend"])

    def test_wrong_input_is_not_tried_again(self):
        rules = self.job["spec"]["podFailurePolicy"]["rules"]
        given_up = [rule for rule in rules if rule["action"] == "FailIndex"]
        self.assertEqual([rule["onExitCodes"]["values"] for rule in given_up], [[2]])
        self.assertEqual(given_up[0]["onExitCodes"]["containerName"], self.container(self.job)["name"])
        self.assertIn("backoffLimitPerIndex", self.job["spec"])  # without which there is no FailIndex

    def test_volumes_are_there_and_hold_what_the_commands_name(self):
        for job in (self.job, self.merge):
            volumes = {volume["name"]: volume for volume in job["spec"]["template"]["spec"]["volumes"]}
            mounts = {mount["mountPath"]: volumes[mount["name"]] for mount in self.container(job)["volumeMounts"]}
            self.assertEqual(mounts["/parts"]["persistentVolumeClaim"]["claimName"], self.claim["metadata"]["name"])
            self.assertIn("configMap", mounts["/sweep"])
            named = set(re.findall(r"(?<![\w.])/\w+(?=/)", " ".join(self.container(job)["args"])))
            self.assertEqual(named, {"/parts", "/sweep"})

    def begin(self, job, **more):
        """Runs a container's command here, with folders of ours in the place of its volumes."""
        container = self.container(job)
        command = [re.sub(r"(?<![\w.])/(parts|sweep)(?=/)", self.folder + r"/\1", word)
                   for word in container["command"] + container["args"]]
        environment = {each["name"]: each["value"] for each in container["env"]}
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                env=self.environment(**environment, **more))

    def run_in(self, job, **more):
        pod = self.begin(job, **more)
        return pod.communicate(timeout=120)[0], pod.returncode

    def test_the_commands_come_to_what_one_machine_comes_to(self):
        for name in ("parts", "sweep"):
            os.mkdir(f"{self.folder}/{name}")
        self.sweep = sweeps.write(f"{self.folder}/sweep/sweep.json", sweeps.sweep(repeat=1000))
        for index in range(self.job["spec"]["completions"]):
            if index == 3:
                self.kill_in_the_middle(index)
                said, code = self.run_in(self.merge)  # started too early
                self.assertNotEqual(code, 0)
                self.assertRegex(said, "is not complete|is missing")
            said, code = self.run_in(self.job, JOB_COMPLETION_INDEX=str(index))
            self.assertEqual(code, 0, said)
        said, code = self.run_in(self.merge)
        self.assertEqual(code, 0, said)
        self.assertTrue(self.content("parts/sweep.csv") == self.alone())

    def kill_in_the_middle(self, index):
        pod = self.begin(self.job, JOB_COMPLETION_INDEX=str(index))
        database = f"{self.folder}/parts/index-{index}-of-8.sqlite"
        while sweeps.count_runs(database) == 0:
            self.assertIsNone(pod.poll())
            time.sleep(0.002)
        pod.kill()
        pod.communicate()
        self.assertEqual(pod.returncode, -signal.SIGKILL)
        self.assertLess(sweeps.count_runs(database), 750)


@unittest.skipUnless(yaml, "PyYAML is not installed")
class GitHubActions(Case):
    def setUp(self):
        super().setUp()
        with open(f"{TOOLS}/github_actions.yml") as file:
            self.workflow = yaml.safe_load(file)
        self.jobs = self.workflow["jobs"]
        for name in ("scenarios", "sweeps"):
            os.mkdir(f"{self.folder}/{name}")
        self.sweep = sweeps.write(f"{self.folder}/sweeps/sweep.json", self.expecting(0.5))

    def expecting(self, least):
        return {**sweeps.sweep(repeat=100), "expect": [{"metric": "connect_ok", "where": {"loss": 0.3}, "min": least}]}

    def step(self, job, name, **matrix):
        """Runs one step's command where a runner would; returns what it printed and its exit code."""
        command = next(step["run"] for step in self.jobs[job]["steps"] if step.get("name") == name)
        command = re.sub(r"\$\{\{ matrix\.(\w+) \}\}", lambda match: str(matrix[match.group(1)]), command)
        self.assertNotIn("${{", command)
        environment = {key: str(value) for key, value in self.workflow["env"].items()}
        ran = subprocess.run(["sh", "-e", "-c", command], cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                             text=True, env=self.environment(**environment))
        return ran.stdout, ran.returncode

    def shards(self):
        return self.jobs["sweep"]["strategy"]["matrix"]["shard"]

    def test_the_matrix_has_every_shard(self):
        self.assertEqual(self.shards(), list(range(1, self.workflow["env"]["SHARDS"] + 1)))

    def test_jobs_wait_for_what_they_use(self):
        made = {}
        for name, job in self.jobs.items():
            for step in job["steps"]:
                what = step.get("with", {})
                if step.get("uses", "").startswith("actions/upload-artifact@"):
                    made[re.sub(r"\$\{\{.*?\}\}", "*", what["name"])] = name
        for name, job in self.jobs.items():
            needs = {job["needs"]} if "needs" in job else set()
            needs |= {self.jobs[each].get("needs") for each in needs}  # and what those waited for
            for step in job["steps"]:
                if step.get("uses", "").startswith("actions/download-artifact@"):
                    what = step["with"].get("name") or step["with"]["pattern"]
                    self.assertIn(made[what], needs, (name, what))

    def test_shards_are_merged_to_what_one_machine_comes_to(self):
        os.mkdir(f"{self.folder}/parts")
        for shard in self.shards():
            said, code = self.step("sweep", "Sweep", shard=shard)
            self.assertEqual(code, 0, said)
            path = next(step["with"]["path"] for step in self.jobs["sweep"]["steps"] if "upload" in step.get("uses", ""))
            shutil.move(self.folder + "/" + path.replace("${{ matrix.shard }}", str(shard)), f"{self.folder}/parts")
        for name in ("Merge", "Judge"):
            said, code = self.step("merge", name)
            self.assertEqual(code, 0, said)
        self.assertTrue(self.content("sweep.csv") == self.alone())
        sweeps.write(self.sweep, self.expecting(0.9999))
        said, code = self.step("merge", "Judge")
        self.assertEqual(code, 1, said)
        self.assertIn("::error file=sweeps/sweep.json", said)
        self.assertIn(b"<failure", self.content("sweep.xml"))

    def test_failed_expectations_are_annotations_and_fail_the_job(self):
        good = {**sweeps.scenario(), "expect": [{"call": "connected", "host": "clients[0]", "result": "ok"}]}
        sweeps.write(f"{self.folder}/scenarios/good.json", good)
        said, code = self.step("test", "Test")
        self.assertEqual(code, 0, said)
        good["expect"][0]["result"] = "ECONNREFUSED"
        sweeps.write(f"{self.folder}/scenarios/bad.json", good)
        said, code = self.step("test", "Test")
        self.assertEqual(code, 1, said)
        self.assertIn("::error file=scenarios/bad.json", said)
        self.assertIn(b"<failure", self.content("report.xml"))


def main():
    global TOOLS
    sweeps.LASTACK, TOOLS = (os.path.abspath(path) for path in (sys.argv.pop(1), sys.argv.pop(1)))
    ran = unittest.main(exit=False).result
    if ran.wasSuccessful() and not yaml:
        print("SKIPPED: the YAML files, since PyYAML is not installed")
        sys.exit(SKIPPED)
    sys.exit(not ran.wasSuccessful())


if __name__ == "__main__":
    main()
