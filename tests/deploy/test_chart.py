"""The Helm chart, rendered by Helm itself, against Kubernetes' own schemas, and what its policies promise."""

import functools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import helm_python
import pytest
import yaml
from jsonschema import Draft202012Validator
from kubernetes_validate.utils import schema_contents
from referencing import Registry, Resource

CHART = Path(__file__).parents[2] / "deploy/helm/frontdesk"
SCHEMAS = "kubernetes-json-schema/v1.37.0-local-strict"
CONFIG = {"company": "Dune & Lantern", "serve": {"host": "127.0.0.1", "max_in_flight": 8}, "data": {"faq": ["faq/faq.csv"]}}
SECRET = {"engineKey": "e", "pageKey": "p", "apiKey": "a", "databasePassword": "d"}
LEAST: dict[str, Any] = {"config": CONFIG, "secret": SECRET}
MOST: dict[str, Any] = {
    "config": CONFIG,
    "secret": {"existing": "ours"},
    "image": {"pullSecrets": [{"name": "pull"}]},
    "models": {"source": "objectStore", "objectStore": {"secret": "bucket"}},
    "engine": {"autoscaling": {"enabled": True}, "nodeSelector": {"gpu": "yes"}, "tolerations": [{"operator": "Exists"}]},
    "gateway": {"autoscaling": {"enabled": True}},
    "forwardedAllowIps": "10.0.0.0/8",
    "ingress": {"enabled": True, "className": "nginx", "tlsSecret": "tls", "annotations": {"a/b": "off"}},
    "networkPolicy": {"from": [{"namespaceSelector": {"matchLabels": {"edge": "yes"}}}], "extraEgress": [{"ports": [{"port": 4317}]}]},
    "serviceMonitor": {"enabled": True, "labels": {"release": "prometheus"}},
}


@functools.cache
def registry() -> Registry[Any]:
    return Resource.from_contents(schema_contents(f"{SCHEMAS}/_definitions.json", "1.37")) @ Registry()


def problems(manifest: dict[str, Any]) -> Iterator[str]:
    """What Kubernetes 1.37 would not take, unknown fields too."""
    group, _, version = manifest["apiVersion"].rpartition("/")
    name = "-".join(part for part in (manifest["kind"].lower(), group.partition(".")[0], version) if part)
    schema = schema_contents(f"{SCHEMAS}/{name}.json", "1.37")
    for error in Draft202012Validator(schema, registry=registry()).iter_errors(manifest):
        yield f"{manifest['kind']} {manifest['metadata']['name']}: {error.json_path}: {error.message}"


def render(values: dict[str, Any]) -> list[dict[str, Any]]:
    with helm_python.Chart.load(str(CHART)) as chart:
        files = chart.render(values, name="desk", namespace="shop")
    return [one for name, text in files.items() if name.endswith(".yaml") for one in yaml.safe_load_all(text) if one]


@pytest.fixture(scope="module")
def least() -> list[dict[str, Any]]:
    return render(LEAST)


@pytest.fixture(scope="module")
def most() -> list[dict[str, Any]]:
    return render(MOST)


def kinds(manifests: list[dict[str, Any]], kind: str) -> dict[str, dict[str, Any]]:
    return {one["metadata"]["name"].removeprefix("desk-frontdesk-"): one for one in manifests if one["kind"] == kind}


def test_kubernetes_takes_what_is_rendered(least: list[dict[str, Any]], most: list[dict[str, Any]]) -> None:
    known = [one for one in least + most if one["kind"] != "ServiceMonitor"]  # the Prometheus operator's own kind
    assert len(known) == 30 and [line for one in known for line in problems(one)] == []


def test_a_misspelled_field_would_be_seen(least: list[dict[str, Any]]) -> None:
    gateway = kinds(least, "Deployment")["gateway"]
    assert any("replica" in line for line in problems(gateway | {"spec": gateway["spec"] | {"replica": 2}}))


def test_only_gateways_reach_engines_and_engines_reach_nothing(least: list[dict[str, Any]]) -> None:
    policy = kinds(least, "NetworkPolicy")["engine"]["spec"]
    (rule,) = policy["ingress"]
    (source,) = rule["from"]
    labels = source["podSelector"]["matchLabels"]
    pods = {part: one["spec"]["template"]["metadata"]["labels"] for part, one in kinds(least, "Deployment").items()}
    assert [part for part, has in pods.items() if labels.items() <= has.items()] == ["gateway"]
    assert policy["podSelector"]["matchLabels"].items() <= pods["engine"].items()
    assert policy["egress"] == [] and policy["policyTypes"] == ["Ingress", "Egress"]


@pytest.mark.parametrize("rendered", ["least", "most"])
def test_nothing_runs_as_root_or_writes_its_file_system(rendered: str, request: pytest.FixtureRequest) -> None:
    for one in kinds(request.getfixturevalue(rendered), "Deployment").values():
        pod = one["spec"]["template"]["spec"]
        assert pod["securityContext"]["runAsNonRoot"] and not pod["automountServiceAccountToken"]
        for container in pod["containers"] + pod.get("initContainers", []):
            assert container["securityContext"]["readOnlyRootFilesystem"] and container["resources"]["limits"]
            assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}


def test_the_config_is_the_runs_with_the_clusters_addresses(least: list[dict[str, Any]]) -> None:
    config = yaml.safe_load(kinds(least, "ConfigMap")["desk-frontdesk"]["data"]["mine.yaml"])
    assert config["company"] == "Dune & Lantern" and config["serve"]["max_in_flight"] == 8
    assert config["serve"]["host"] == "0.0.0.0" and config["desk"]["database"] == "postgresql+psycopg://desk@postgres:5432/desk"


def test_engines_are_scaled_by_the_gateways_queue(most: list[dict[str, Any]]) -> None:
    scaler = kinds(most, "HorizontalPodAutoscaler")["engine"]["spec"]
    assert scaler["metrics"][0]["object"]["metric"]["name"] == "frontdesk_requests_in_work"
    assert "replicas" not in kinds(most, "Deployment")["engine"]["spec"]


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"secret": SECRET}, "config is empty"),
        (LEAST | {"secret": SECRET | {"apiKey": ""}}, "secret.apiKey is empty"),
        (LEAST | {"models": {"source": "disk"}}, "models.source is disk; expected pvc or objectStore"),
    ],
)
def test_a_value_that_is_missing_is_named(values: dict[str, Any], said: str) -> None:
    with pytest.raises(helm_python.HelmError, match=said):
        render(values)
