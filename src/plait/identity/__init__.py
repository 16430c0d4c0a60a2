"""What is the same: fingerprints of code, values and data, and the decision what has to run."""

from plait.identity.compare import Comparison, EnvPolicy, compare
from plait.identity.components import (
    SCHEMAS,
    Components,
    Environment,
    InputIdentity,
    ParameterIdentity,
    Salt,
    Trace,
    components_from_json,
    components_to_json,
    parameter_identity,
    trace_from_json,
    trace_to_json,
)
from plait.identity.decide import Decision, NodeFacts, OutputState, decide, decide_in_memory
from plait.identity.distributions import Distributions
from plait.identity.encoding import NotEncodable, digest, encode
from plait.identity.explain import explain
from plait.identity.fingerprints import (
    FileMemo,
    FileRecord,
    MemoryMemo,
    Tree,
    bytes_to_read,
    fingerprint_file,
    fingerprint_of,
    fingerprint_path,
    fingerprint_tree,
    listed_fingerprints,
    object_fingerprint,
)
from plait.identity.manifest import Codebase, CodeManifest, SymbolDigest, code_digest
from plait.identity.sources import Sources
from plait.identity.symbols import CodeProblem
from plait.identity.texts import changed_lines

__all__ = [
    "SCHEMAS",
    "CodeManifest",
    "CodeProblem",
    "Codebase",
    "Comparison",
    "Components",
    "Decision",
    "Distributions",
    "EnvPolicy",
    "Environment",
    "FileMemo",
    "FileRecord",
    "InputIdentity",
    "MemoryMemo",
    "NodeFacts",
    "NotEncodable",
    "OutputState",
    "ParameterIdentity",
    "Salt",
    "Sources",
    "SymbolDigest",
    "Trace",
    "Tree",
    "bytes_to_read",
    "changed_lines",
    "code_digest",
    "compare",
    "components_from_json",
    "components_to_json",
    "decide",
    "decide_in_memory",
    "digest",
    "encode",
    "explain",
    "fingerprint_file",
    "fingerprint_of",
    "fingerprint_path",
    "fingerprint_tree",
    "listed_fingerprints",
    "object_fingerprint",
    "parameter_identity",
    "trace_from_json",
    "trace_to_json",
]
