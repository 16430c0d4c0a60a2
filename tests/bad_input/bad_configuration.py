"""Configuration files that cannot be read, and values that cannot be resolved."""

from __future__ import annotations

from bad_projects import Case

__all__ = ["CONFIGURATION"]

_CATALOG = "conf/base/catalog.yml"
_PARAMETERS = "conf/base/parameters.yml"
_BOMB = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 10)}]\n"
    for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)
_GROWTH = 'a: "0123456789"\n' + "".join(
    f'{name}: "{f"${{{before}}}" * 10}"\n' for before, name in zip("abcdefghi", "bcdefghij", strict=True)
)
_SECRETS = {
    _PARAMETERS: "factor: 10\nservice: {url: 'https://${oc.env:SHOP_TOKEN}@shop.example', timeout: 3}\n"
    "login: ${credentials:shop}\n",
    "conf/local/credentials.yml": "shop: {user: me, password: hunter2}\n",
}

CONFIGURATION = [
    Case("indentation", "run", {_CATALOG: "numbers:\n  type: json\n   path: data/numbers.json\n"}),
    Case("tab", "run", {_CATALOG: "numbers:\n\ttype: json\n"}),
    Case("unclosed-bracket", "run", {_PARAMETERS: "factor: [1, 2\nother: 3\n"}),
    Case("unclosed-quote", "run", {_PARAMETERS: 'factor: "ten\n'}),
    Case("same-key-twice", "run", {_PARAMETERS: "factor: 10\nother: 1\nfactor: 12\n"}),
    Case("same-key-in-two-files", "run", {"conf/base/catalog_extra.yml": "numbers: data/other.json\n"}),
    Case("list-at-the-top", "run", {_CATALOG: "- numbers\n- report\n"}),
    Case("text-at-the-top", "run", {_CATALOG: "numbers data/numbers.json\n"}),
    Case("not-utf8", "run", {_CATALOG: "numbers: data/größe.json\n".encode("latin-1")}),
    Case("control-character", "run", {_CATALOG: b"numbers: data/\x00numbers.json\n"}),
    Case("two-documents", "run", {_PARAMETERS: "factor: 10\n---\nfactor: 12\n"}),
    Case("unknown-alias", "run", {_PARAMETERS: "factor: *ten\n"}),
    Case("alias-bomb", "run", {_PARAMETERS: f"factor: 10\n{_BOMB}"}),
    Case("interpolation-bomb", "run", {_PARAMETERS: f"factor: 10\n{_GROWTH}"}),
    Case("nested-too-deeply", "run", {_PARAMETERS: "factor: " + "[" * 10_000 + "]" * 10_000 + "\n"}),
    Case("name-of-a-megabyte", "run", {_CATALOG: f"{'n' * 1_000_000}: data/01_raw/numbers.json\n"}),
    Case("python-object", "run", {_PARAMETERS: "factor: !!python/object/apply:os.system ['true']\n"}),
    Case("broken-json", "run", {_PARAMETERS: None, "conf/base/parameters.json": '{"factor": 10,}'}),
    Case("broken-toml", "run", {_PARAMETERS: None, "conf/base/parameters.toml": "factor = = 10\n"}),
    Case("folder-instead-of-file", "run", {_CATALOG: None, "conf/base/catalog.yml/": ""}),
    Case("file-instead-of-folder", "run", {_CATALOG: None, _PARAMETERS: None, "conf/base": "factor: 10\n"}),
    Case("file-instead-of-folder-check", "check", {_CATALOG: None, _PARAMETERS: None, "conf/base": "x: 1\n"}),
    Case("file-instead-of-environment", "run --env prod", {"conf/prod": "factor: 10\n"}),
    Case("no-conf-folder", "run", {_CATALOG: None, _PARAMETERS: None}),
    Case("two-broken-files", "check", {_CATALOG: "numbers: [\n", _PARAMETERS: "factor: {\n"}),
    Case("unknown-environment", "run --env prd", {"conf/prod/parameters.yml": "factor: 1\n"}),
    Case("empty-catalog", "check", {_CATALOG: ""}),
    Case("interpolation-of-nothing", "run", {_PARAMETERS: "fctor: 3\nfactor: ${factr}\n"}),
    Case("interpolation-in-a-circle", "run", {_PARAMETERS: "factor: ${one}\none: ${two}\ntwo: ${factor}\n"}),
    Case("environment-variable-missing", "run", {_PARAMETERS: "factor: ${oc.env:SHOP_FACTOR}\n"}),
    Case("interpolation-unclosed", "run", {_PARAMETERS: "factor: '${one'\none: 1\n"}),
    Case("resolver-misspelt", "run", {_PARAMETERS: "factor: ${global:factor}\n"}),
    Case(
        "global-misspelt",
        "run",
        {_PARAMETERS: "factor: ${globals:factr}\n", "conf/base/globals.yml": "factor: 10\n"},
    ),
    Case("runtime-parameter-missing", "run", {_PARAMETERS: "factor: ${runtime_params:factor}\n"}),
    Case("bad-logging", "run", {"conf/logging.yml": "version: 1\nroot: {level: LOUD}\n"}),
    Case("explain-misspelt", "config explain fctor"),
    Case("show-misspelt-kind", "config show paramters"),
    Case(
        "show-hides-secrets",
        "config show",
        _SECRETS,
        code=0,
        env={"SHOP_TOKEN": "s3cr3t"},
        secrets=("s3cr3t", "hunter2"),
    ),
    Case(
        "show-json-hides-secrets",
        "config show --json",
        _SECRETS,
        code=0,
        env={"SHOP_TOKEN": "s3cr3t"},
        secrets=("s3cr3t", "hunter2"),
    ),
    Case(
        "explain-hides-secrets",
        "config explain service.url",
        _SECRETS,
        code=0,
        env={"SHOP_TOKEN": "s3cr3t"},
        secrets=("s3cr3t",),
    ),
    Case(
        "explain-hides-secrets-within",
        "config explain service --json",
        _SECRETS,
        code=0,
        env={"SHOP_TOKEN": "s3cr3t"},
        secrets=("s3cr3t",),
    ),
    Case("show-hides-credentials", "config show credentials", _SECRETS, code=0, secrets=("hunter2",)),
    Case(
        "explain-hides-credentials", "config explain credentials:shop", _SECRETS, code=0, secrets=("hunter2",)
    ),
]
