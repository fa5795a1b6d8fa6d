"""A real Slurm of one node on the loopback address, with everything of it in one folder.

    with OneNodeSlurm(folder) as slurm:
        job = slurm.sbatch("--array=1-8", "script.sh")

Runs munged, slurmctld and slurmd as the calling user, who has to be root. It adopts what the daemons
leave behind, so that at the end no process of it is there any more, whatever went wrong.
"""

import contextlib
import ctypes
import os
import shutil
import signal
import socket
import subprocess
import time

PROGRAMS = ["munged", "slurmctld", "slurmd", "sbatch", "scontrol", "squeue", "scancel"]
PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
LIBC = ctypes.CDLL(None)

CONFIGURATION = """
ClusterName=lastack
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={control_port}
SlurmdPort={node_port}
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
CredType=cred/munge
# A requeued job waits for as long as an earlier permission to run it is valid.
AuthInfo=socket={folder}/munge.socket,cred_expire=5
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerType=sched/builtin
KillWait=2
ReturnToService=2
MaxArraySize=100
NodeName={host} NodeAddr=127.0.0.1 Port={node_port} CPUs={cpus} RealMemory={memory} State=UNKNOWN
PartitionName=all Nodes={host} Default=YES MaxTime=INFINITE State=UP OverSubscribe=NO
"""


def why_not():
    """Why this machine cannot run a Slurm; None where it can."""
    missing = [name for name in PROGRAMS if not shutil.which(name, path=search_path())]
    if missing:
        return f"Slurm is not installed ({', '.join(missing)} missing); Debian has it as slurm-wlm and munge"
    if os.geteuid() != 0:
        return "not root, as slurmd has to be"
    if not os.path.ismount("/sys/fs/cgroup"):
        return "no control groups at /sys/fs/cgroup, without which slurmd does not start"
    return None


def search_path():
    return os.environ.get("PATH", "") + ":/usr/sbin:/sbin"


def free_ports(count):
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


def parent(process):
    with open(f"/proc/{process}/stat") as file:
        return int(file.read().rpartition(")")[2].split()[1])


def descendants():
    """All processes that came from this one, by their ids."""
    children = {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError):
            children.setdefault(parent(name), []).append(int(name))
    found, left = [], [os.getpid()]
    while left:
        mine = children.get(left.pop(), [])
        found += mine
        left += mine
    return found


def command_line(process):
    with contextlib.suppress(OSError):
        with open(f"/proc/{process}/cmdline", "rb") as file:
            return file.read().decode(errors="replace").split("\0")
    return []


def end_with_parent():
    """For a child to call: even where this process is killed, its daemons end."""
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)


class OneNodeSlurm:
    def __init__(self, folder, cpus=2):
        self.folder = folder
        self.cpus = min(cpus, os.cpu_count())
        self.daemons = []
        self.environment = {**os.environ, "PATH": search_path(), "SLURM_CONF": f"{folder}/slurm.conf"}
        for name in [name for name in self.environment if name.startswith(("SLURM_", "SBATCH_")) and name != "SLURM_CONF"]:
            del self.environment[name]  # of a Slurm in which this test itself may run

    def __enter__(self):
        if LIBC.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
            raise OSError("prctl: cannot adopt what the daemons leave behind")
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_):
        self.stop()

    def start(self):
        for name in ("state", "spool"):
            os.mkdir(f"{self.folder}/{name}")
        control_port, node_port = free_ports(2)
        with open("/proc/meminfo") as file:
            memory = int(file.readline().split()[1]) // 1024
        with open(f"{self.folder}/slurm.conf", "w") as file:
            file.write(CONFIGURATION.format(host=socket.gethostname().split(".")[0], folder=self.folder, cpus=self.cpus,
                                            control_port=control_port, node_port=node_port, memory=memory * 9 // 10))
        with open(os.open(f"{self.folder}/munge.key", os.O_CREAT | os.O_WRONLY, 0o400), "wb") as file:
            file.write(os.urandom(128))
        here = self.folder
        self.daemon("munged", "--foreground", "--force", f"--key-file={here}/munge.key", f"--socket={here}/munge.socket",
                    f"--pid-file={here}/munged.pid", f"--log-file={here}/munged.log", f"--seed-file={here}/munged.seed")
        self.wait_for(lambda: os.path.exists(f"{here}/munge.socket"), "munged's socket")
        self.daemon("slurmctld", "-D", "-c")
        self.daemon("slurmd", "-D", "-c")
        self.wait_for(lambda: "State=IDLE" in self.ask("scontrol", "show", "node"), "the node to be idle")

    def daemon(self, *command):
        with open(f"{self.folder}/{command[0]}.out", "w") as out:
            self.daemons.append(subprocess.Popen(command, env=self.environment, stdin=subprocess.DEVNULL, stdout=out,
                                                 stderr=out, start_new_session=True,
                                                 preexec_fn=end_with_parent))

    def stop(self):
        """First politely, so that logs are whole; then everything that came from here."""
        with contextlib.suppress(Exception):
            self.ask("scancel", "--quiet", "--user=root", timeout=5)
        for daemon in reversed(self.daemons):
            daemon.terminate()
        end = time.monotonic() + 5
        while time.monotonic() < end and any(daemon.poll() is None for daemon in self.daemons):
            time.sleep(0.1)
        end = time.monotonic() + 20
        while descendants() and time.monotonic() < end:
            for process in descendants():
                with contextlib.suppress(OSError):
                    os.kill(process, signal.SIGKILL)
            for daemon in self.daemons:
                daemon.poll()
            with contextlib.suppress(ChildProcessError):
                while os.waitpid(-1, os.WNOHANG)[0]:
                    pass
            time.sleep(0.05)

    def ask(self, *command, timeout=30, **environment):
        """What one of Slurm's programs prints."""
        ran = subprocess.run(command, env={**self.environment, **environment}, cwd=self.folder, timeout=timeout,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        return ran.stdout

    def sbatch(self, *arguments, **environment):
        """Submits a job; returns its number."""
        answer = self.ask("sbatch", "--parsable", *arguments, **environment).strip()
        if not answer.isdigit():
            raise AssertionError(f"sbatch {' '.join(arguments)}: {answer}\n{self.logs()}")
        return int(answer)

    def jobs(self, job):
        """Each task of a job: array task (or 0) -> its fields as scontrol prints them."""
        tasks = {}
        for line in self.ask("scontrol", "show", "job", "--oneliner", str(job)).splitlines():
            fields = dict(word.split("=", 1) for word in line.split() if "=" in word)
            task = fields.get("ArrayTaskId", "0")
            if task.isdigit():  # else several that wait together
                tasks[int(task)] = fields
            elif "-" in task or "," in task:
                tasks[task] = fields
        return tasks

    def wait_until_done(self, job, seconds):
        """Waits for all tasks of a job to end, and returns them."""
        ends = ("COMPLETED", "FAILED", "CANCELLED", "TIMEOUT", "NODE_FAIL", "OUT_OF_MEMORY")

        def done():
            tasks = self.jobs(job)
            return bool(tasks) and all(fields["JobState"] in ends for fields in tasks.values())
        self.wait_for(done, f"job {job} to end", seconds)
        return self.jobs(job)

    def wait_for(self, condition, what, seconds=30):
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end:
                raise AssertionError(f"waited {seconds} s in vain for {what}\n{self.ask('squeue')}{self.logs()}")
            time.sleep(0.02)

    def logs(self):
        text = ""
        for name in sorted(os.listdir(self.folder)):
            if name.endswith((".log", ".out")):
                with open(f"{self.folder}/{name}", errors="replace") as file:
                    text += f"--- {name}\n" + "".join(file.readlines()[-15:])
        return text
