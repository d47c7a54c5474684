"""The deployment files: each against a schema or a linter, and against the other files."""

import ast
import json
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from types import ModuleType, SimpleNamespace

import jsonschema
import pytest
import yaml
from traitlets.config import PyFileConfigLoader

from grader.workshop import before_login, inbox, start
from grader.workshop.paths import INSTRUCTOR, Workshop

FOLDER = Path(start.__file__).parent / "deploy"
MAINTAIN = "comes with the extra `maintain`: run make test EXTRAS=test,maintain"
MANIFESTS = ("exchange.yaml", "workers.yaml")
QUANTITY = re.compile(r"^[0-9]+(\.[0-9]+)?(m|Ki|Mi|Gi|Ti)?$")
KINDS = {
    "PersistentVolumeClaim": "v1",
    "Job": "batch/v1",
    "Deployment": "apps/v1",
    "DaemonSet": "apps/v1",
    "Service": "v1",
    "NetworkPolicy": "networking.k8s.io/v1",
}


@pytest.fixture(scope="module")
def values():
    return yaml.safe_load((FOLDER / "values.yaml").read_text())


@pytest.fixture(scope="module")
def schema():
    return yaml.safe_load((FOLDER / "values.schema.yaml").read_text())


def test_the_values_have_only_keys_of_the_chart(values, schema):
    jsonschema.Draft7Validator.check_schema(schema)
    jsonschema.validate(values, schema, jsonschema.Draft7Validator)


@pytest.mark.parametrize(
    "path", [("singleuser", "memory", "limits"), ("hub", "extraconfig"), ("cull", "enable")]
)
def test_a_key_that_is_misspelt_is_found(values, schema, path):
    broken = json.loads(json.dumps(values))
    table = broken
    for key in path[:-1]:
        table = table[key]
    table[path[-1]] = "1G"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(broken, schema)


def gigabytes(text):
    return float(re.match(r"[0-9.]+", text)[0])


def test_a_guarantee_is_at_most_the_limit(values):
    server = values["singleuser"]
    assert server["cpu"]["guarantee"] <= server["cpu"]["limit"]
    assert gigabytes(server["memory"]["guarantee"]) <= gigabytes(server["memory"]["limit"])


def test_the_code_in_the_values_gives_each_learner_a_user_id_that_collect_knows(
    values, monkeypatch
):
    """Run as the hub runs it, with stand-ins for its two names."""
    setting = ModuleType("z2jh")
    setting.get_config = lambda key: values["custom"][key.split(".")[1]]
    monkeypatch.setitem(sys.modules, "z2jh", setting)
    c = SimpleNamespace(Authenticator=SimpleNamespace(), KubeSpawner=SimpleNamespace())
    for source in values["hub"]["extraConfig"].values():
        ast.parse(source)
        exec(compile(source, "extraConfig", "exec"), {"c": c})
    pods = {}
    for name in values["custom"]["roster"]:
        pods[name] = SimpleNamespace(
            user=SimpleNamespace(name=name), environment={}, extra_labels={}
        )
        c.KubeSpawner.pre_spawn_hook(pods[name])
    uids = {name: c.KubeSpawner.uid(pod) for name, pod in pods.items()}
    assert len(set(uids.values())) == len(uids)
    teacher = values["custom"]["instructor"]
    monkeypatch.setenv(inbox.ROSTER, pods[teacher].environment["UNDER500_ROSTER"])
    assert {name: inbox.person(uid) for name, uid in uids.items()} == {n: n for n in uids}
    assert "UNDER500_SECRET" not in pods["learner01"].environment
    assert c.Authenticator.allowed_users == set(uids)


@pytest.mark.parametrize("name", MANIFESTS)
def test_manifests_have_known_kinds_and_limit_each_container(name):
    for one in yaml.safe_load_all((FOLDER / name).read_text()):
        assert one["apiVersion"] == KINDS[one["kind"]]
        assert re.fullmatch(r"[a-z0-9-]{1,63}", one["metadata"]["name"])
        pod = one["spec"].get("template", {}).get("spec", {})
        for container in pod.get("containers", ()):
            for kind in ("requests", "limits"):
                for amount in container["resources"][kind].values():
                    assert QUANTITY.match(str(amount)), (name, amount)
            volumes = {volume["name"] for volume in pod.get("volumes", ())}
            assert {m["name"] for m in container.get("volumeMounts", ())} <= volumes
        selector = one["spec"].get("selector", {}).get("matchLabels")
        if selector:
            assert selector == one["spec"]["template"]["metadata"]["labels"]


def manifests(kind):
    found = yaml.safe_load_all((FOLDER / "workers.yaml").read_text())
    return {one["metadata"]["name"]: one["spec"] for one in found if one["kind"] == kind}


def test_the_secret_can_be_read_by_the_images_user_and_by_nobody_else():
    pods = manifests("Deployment") | manifests("DaemonSet")
    assert len(pods) == 2
    for workload in pods.values():
        pod = workload["template"]["spec"]
        [secret] = [volume["secret"] for volume in pod["volumes"]]
        assert secret["defaultMode"] == 0o440
        assert str(pod["securityContext"]["fsGroup"]) == stages()["grader"].user


def allowed(policies, source, target):
    """Return the ports that NetworkPolicies open between two pods, by their labels."""
    ports = set()
    for policy in policies.values():
        if not matches(policy["podSelector"], target):
            continue
        for rule in policy.get("ingress", ()):
            if any(matches(peer["podSelector"], source) for peer in rule["from"]):
                ports |= {port["port"] for port in rule["ports"]}
    return ports


def matches(selector, labels):
    return selector["matchLabels"].items() <= labels.items()


@pytest.mark.parametrize(
    ("labels", "ports"),
    [
        ({"app": "under500-worker"}, {8786}),
        ({"under500-role": "instructor", "component": "singleuser-server"}, {8786}),
        ({"component": "singleuser-server"}, set()),
        ({"app": "jupyterhub", "component": "hub"}, set()),
    ],
)
def test_only_workers_and_the_instructor_reach_the_scheduler(labels, ports):
    scheduler = manifests("Deployment")["under500-scheduler"]["template"]["metadata"]["labels"]
    policies = manifests("NetworkPolicy")
    assert policies["under500-scheduler"]["policyTypes"] == ["Ingress"]
    assert allowed(policies, labels, scheduler) == ports


def test_only_the_instructors_pod_has_the_label_of_the_policies(values, monkeypatch):
    setting = ModuleType("z2jh")
    setting.get_config = lambda key: values["custom"][key.split(".")[1]]
    monkeypatch.setitem(sys.modules, "z2jh", setting)
    c = SimpleNamespace(Authenticator=SimpleNamespace(), KubeSpawner=SimpleNamespace())
    exec(values["hub"]["extraConfig"]["10-people"], {"c": c})
    labels = {}
    for name in values["custom"]["roster"]:
        pod = SimpleNamespace(user=SimpleNamespace(name=name), environment={}, extra_labels={})
        c.KubeSpawner.pre_spawn_hook(pod)
        labels[name] = pod.extra_labels
    [egress] = manifests("NetworkPolicy")["under500-instructor"]["egress"]
    assert [port["port"] for port in egress["ports"]] == [8786]
    selector = manifests("NetworkPolicy")["under500-instructor"]["podSelector"]
    assert [name for name in labels if matches(selector, labels[name])] == ["instructor"]


def test_chart_and_image_have_the_same_hub(root):
    image = re.search(r"ARG JUPYTERHUB=(\S+)", (FOLDER / "Dockerfile").read_text())[1]
    text = (FOLDER / "values.yaml").read_text()
    chart, hub = (
        re.search(r"--version (\S+)", text)[1],
        re.search(r"runs JupyterHub (\S+),", text)[1],
    )
    assert hub == image
    assert f"--version {chart} " in (root / "docs/workshop.md").read_text()


def test_each_server_of_the_cluster_has_an_origin_of_its_own(values):
    [host] = values["proxy"]["https"]["hosts"]
    assert values["hub"]["config"]["JupyterHub"]["subdomain_host"] == f"https://{host}"


def test_no_secret_is_sent_to_the_builder(root):
    ignored = (root / ".dockerignore").read_text().split("\n")
    assert {"grader/hidden", "**/.secret", "**/fleet.token", "**/gradebook.db*"} <= set(ignored)


def test_all_files_name_the_same_image_volume_and_path(values):
    text = {name: (FOLDER / name).read_text() for name in (*MANIFESTS, "values.yaml")}
    claim = values["singleuser"]["storage"]["extraVolumes"][0]["persistentVolumeClaim"]["claimName"]
    assert f"name: {claim}" in text["exchange.yaml"]
    mount = values["singleuser"]["storage"]["extraVolumeMounts"][0]["mountPath"]
    for role in ("learner", "instructor"):
        assert mount in (FOLDER / "etc" / role / "nbgrader_config.py").read_text()
    custom = values["custom"]
    uid = custom["firstUid"] + custom["roster"].index(custom["instructor"])
    for name, mode in start.EXCHANGE.items():
        line = re.search(rf"install -d -o {uid} -g {uid} -m (\d+) .*under500/{name}$",
                         text["exchange.yaml"], re.M)  # fmt: skip
        assert line[1] == mode.lstrip("0")
    image = values["singleuser"]["image"]
    assert f"{image['name']}:{image['tag']}" in text["exchange.yaml"]


@pytest.mark.parametrize("role", ["learner", "instructor"])
def test_the_settings_of_a_pod_load_as_nbgrader_loads_them(role, tmp_path, root):
    source = (FOLDER / "etc" / role / "nbgrader_config.py").read_text()
    path = tmp_path / "nbgrader_config.py"
    path.write_text(source.replace("/home/jovyan/course", str(root)))
    config = PyFileConfigLoader(path.name, path=str(tmp_path)).load_config()
    assert config.CourseDirectory.course_id == "under500"
    assert ("Collect" in str(config.ExchangeFactory)) == (role == "instructor")


def test_a_learner_sees_the_same_jupyterlab_in_every_kind_of_workshop(tmp_path, root):
    """The settings that `make start` uses are copied into a workshop and into the image."""
    workshop = Workshop(tmp_path)
    start._settings(workshop)
    page = "labconfig/page_config.json"
    assert "formgrader" in (workshop.settings("learner01") / page).read_text()
    assert "formgrader" not in (workshop.settings(INSTRUCTOR) / page).read_text()
    served = workshop.settings(INSTRUCTOR) / start.SERVER_SETTINGS.name
    assert "frame-ancestors 'self'" in served.read_text()
    copied = [paths for _, paths in stages()["learner"].copies]
    assert [str(start.LAB_SETTINGS.relative_to(root))] in copied


def test_what_a_submission_could_run_is_off_for_the_instructor_in_every_kind_of_workshop(
    tmp_path, root, values
):
    """Each name is a plugin's of the installed JupyterLab, which ignores names that it does not know."""
    workshop = Workshop(tmp_path)
    start._settings(workshop)
    page = workshop.settings(INSTRUCTOR) / "labconfig" / "page_config.json"
    off = json.loads(page.read_text())["disabledExtensions"]
    assert (
        off == json.loads(start.PAGE_SETTINGS.read_text())["disabledExtensions"] | start.NO_DEBUGGER
    )
    jupyter = Path(sys.prefix, "share", "jupyter")
    for name in off:
        extension = jupyter / "labextensions" / name / "package.json"
        core = json.loads((jupyter / "lab" / "static" / "package.json").read_text())["jupyterlab"]
        assert extension.exists() or name in core["extensions"] | core["mimeExtensions"], name
    people = values["hub"]["extraConfig"]["10-people"]
    assert f'"/opt/under500/etc/{start.INSTRUCTORS.name}"' in people


@pytest.mark.parametrize("name", ["learner01", INSTRUCTOR])
def test_a_button_in_a_notebooks_text_runs_no_command(name, tmp_path, root):
    """JupyterLab's default would run a collected notebook's cells as the instructor."""
    workshop, file = Workshop(tmp_path), "default_setting_overrides.json"
    start._settings(workshop)
    settings = json.loads((workshop.settings(name) / "labconfig" / file).read_text())
    assert settings["@jupyterlab/apputils-extension:sanitizer"] == {"allowCommandLinker": False}
    assert (workshop.settings(name) / "labconfig" / start.PAGE_SETTINGS.name).exists()
    source = str((start.LAB_SETTINGS / file).relative_to(root))
    assert [source] in [paths for _, paths in stages()["learner"].copies]


def test_the_instructors_pages_load_nothing_from_elsewhere():
    settings = json.loads(start.SERVER_SETTINGS.read_text())["ServerApp"]["tornado_settings"]
    policy = settings["headers"]["Content-Security-Policy"]
    rules = {name: places for name, *places in map(str.split, policy.split(";"))}
    assert {"frame-ancestors", "img-src", "connect-src", "media-src", "form-action"} <= set(rules)
    for name, places in rules.items():
        assert "'self'" in places and set(places) <= {"'self'", "data:", "blob:"}, name


@dataclass
class Stage:
    """A stage of the Dockerfile: its base, its copies by origin ("" is the build context), and its user."""

    base: str
    name: str
    copies: list = field(default_factory=list)
    user: str = ""


def stages():
    found = []
    parse = pytest.importorskip("dockerfile_parse", reason=MAINTAIN).DockerfileParser
    for one in parse(fileobj=BytesIO((FOLDER / "Dockerfile").read_bytes())).structure:
        words = one["value"].split()
        match one["instruction"]:
            case "FROM":
                found.append(Stage(words[0], words[2]))
            case "COPY":
                origin = next((w.split("=")[1] for w in words if w.startswith("--from")), "")
                paths = [word for word in words if not word.startswith("--")]
                found[-1].copies.append((origin, paths[:-1]))
            case "USER":
                found[-1].user = words[0]
    return {stage.name: stage for stage in found}


def test_the_image_is_built_from_existing_files(root):
    """Every path that is copied exists, every stage that is named is one, and nobody is root in the end."""
    found = stages()
    for stage in found.values():
        assert stage.base in found or re.fullmatch(r"[a-z]+:\d[\w.-]+", stage.base), stage.base
        for origin, paths in stage.copies:
            assert not origin or origin in found
            assert origin or all((root / path).exists() for path in paths), paths
    assert found["learner"].user not in ("", "root", "0")
    assert found["grader"].user not in ("", "root", "0")
    assert list(found)[-1] == "learner"  # what is built without --target


def test_no_solution_test_or_secret_is_in_an_image():
    found = stages()
    here = [
        path
        for stage in found.values()
        for origin, paths in stage.copies
        for path in paths
        if not origin
    ]
    assert not {"solutions", "tests", "labs", "."} & set(here)
    last = [found[name] for name in ("base", "grader", "learner")]
    taken = [path for stage in last for _, paths in stage.copies for path in paths]
    assert not any(path.startswith("/opt/under500/source") for path in taken)  # where hidden/ is


def test_the_dockerfile_passes_the_linter():
    beside = str(Path(sys.executable).parent)
    hadolint = shutil.which("hadolint", path=beside) or shutil.which("hadolint")
    if not hadolint:
        pytest.skip(MAINTAIN)
    # Versions of Debian's packages are the release's: pinned ones are gone with its next point release.
    command = [hadolint, "--ignore", "DL3008", str(FOLDER / "Dockerfile")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_start_script_is_a_shell_script_that_parses():
    subprocess.run(["sh", "-n", FOLDER / "start-server"], check=True)
    assert (FOLDER / "start-server").stat().st_mode & 0o111


def test_a_pod_serves_with_the_limits_of_a_workshop():
    last = (FOLDER / "start-server").read_text().splitlines()[-1]
    assert last == f'exec python -P -m {before_login.__name__} "$@"'


def test_every_user_id_of_a_large_roster_has_a_name_in_the_image(values):
    found = re.search(r"seq (\d+) (\d+)", (FOLDER / "Dockerfile").read_text())
    first, last = int(found[1]), int(found[2])
    assert first == values["custom"]["firstUid"]
    assert last - first >= 3000
