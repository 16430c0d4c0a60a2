"""Names to data: what the catalog says, where data lies, which version, and how it is saved whole."""

from plait.catalog.catalog import DataCatalog
from plait.catalog.entries import Entry
from plait.catalog.files import FileDataset
from plait.catalog.formats import Format
from plait.catalog.memory import CachedDataset, MemoryDataset
from plait.catalog.versions import Version

__all__ = ["CachedDataset", "DataCatalog", "Entry", "FileDataset", "Format", "MemoryDataset", "Version"]
