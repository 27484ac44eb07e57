"""
Mutated files end in an error with words, or are read: never in anything else.

GRIDBEAT_FUZZ=5000 tries so many of each kind; the one at work lies in GRIDBEAT_FUZZ_KEEP, if that names a
folder, for when the process itself dies.
"""

import gzip
import os
import random
import shutil
import zipfile
from pathlib import Path

import osmium
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data.readers import opened
from geo.errors import GridBeatError

TRIES = int(os.environ.get("GRIDBEAT_FUZZ", "25"))
KINDS = ("gpkg", "geojson", "array", "shp", "gdb", "dxf", "parquet", "zip", "gz", "osm", "pbf")
OSM = """<?xml version="1.0"?><osm version="0.6">
<node id="1" lat="30.0" lon="120.0"/><node id="2" lat="30.001" lon="120.0"/>
<node id="3" lat="30.0" lon="120.002"/>
<way id="7"><nd ref="1"/><nd ref="2"/><tag k="highway" v="primary"/><tag k="name" v="解放路"/></way>
<way id="8"><nd ref="2"/><nd ref="3"/><nd ref="1"/>
<tag k="highway" v="service"/><tag k="oneway" v="-1"/></way>
</osm>"""
COLUMNS = ["编号", "人数", "面积", "geometry"]


@pytest.fixture(scope="module")
def originals(tmp_path_factory, squares, write, drawing):
    """Return for each kind the file to open and the files of which one is mutated."""
    folder = tmp_path_factory.mktemp("originals")
    frame = squares[COLUMNS]
    for kind in KINDS:
        (folder / kind).mkdir()
    made = {kind: write(frame, folder / kind / f"a.{kind}") for kind in ("gpkg", "geojson", "shp", "gdb")}
    made["array"] = folder / "array" / "a.json"
    text = made["geojson"].read_text(encoding="utf-8")
    made["array"].write_text(text[text.index("[\n{") :].rstrip()[:-1].rstrip(), encoding="utf-8")
    made["dxf"] = folder / "dxf" / "a.dxf"
    made["dxf"].write_bytes(drawing)
    made["parquet"] = folder / "parquet" / "a.parquet"
    frame.to_parquet(made["parquet"])
    made["zip"] = folder / "zip" / "a.zip"
    with zipfile.ZipFile(made["zip"], "w", zipfile.ZIP_DEFLATED) as archive:
        for part in made["shp"].parent.iterdir():
            archive.write(part, part.name)
    made["gz"] = folder / "gz" / "a.geojson.gz"
    made["gz"].write_bytes(gzip.compress(made["geojson"].read_bytes()))
    made |= {kind: folder / kind / f"a.{kind}" for kind in ("osm", "pbf")}
    made["osm"].write_text(OSM, encoding="utf-8")
    with osmium.SimpleWriter(made["pbf"]) as writer:
        for thing in osmium.FileProcessor(made["osm"]):
            writer.add(thing)
    return made


def survives(path):
    """Read everything; return whether it could be read. Whatever is no GridBeatError is let through."""
    try:
        with opened(path) as source:
            for layer in source.layers:
                for batch in source.batches(layer, layer.columns, size=2):
                    assert list(batch.columns)[: len(layer.columns)] == list(layer.columns)
        return True
    except GridBeatError:
        return False


def spoil(original, folder, rng, mutate):
    """Copy a file with its parts and mutate one of them; return the copy."""
    shutil.copytree(original.parent, folder, dirs_exist_ok=True)
    parts = sorted(file for file in folder.rglob("*") if file.is_file())
    # Most of a FileGDB's files are catalogue; all get their turn.
    part = rng.choice(parts)
    part.write_bytes(mutate(part.read_bytes(), rng))
    return folder / original.name


@pytest.mark.parametrize("kind", KINDS)
def test_originals_are_read(originals, kind):
    assert survives(originals[kind])


@pytest.mark.parametrize("kind", KINDS)
def test_mutated_files_are_read_or_refused(originals, tmp_path, kind, mutate):
    keep = os.environ.get("GRIDBEAT_FUZZ_KEEP")
    read = 0
    for seed in range(TRIES):
        folder = Path(keep or tmp_path) / kind
        shutil.rmtree(folder, ignore_errors=True)
        read += survives(spoil(originals[kind], folder, random.Random(f"{kind} {seed}"), mutate))
    print(f"{kind}: {TRIES} tried, {read} read, {TRIES - read} refused")


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=200), suffix=st.sampled_from((".gpkg", ".json", ".shp", ".dxf", ".zip")))
def test_any_bytes_are_refused_with_words(tmp_path, content, suffix):
    path = tmp_path / f"a{suffix}"
    path.write_bytes(content)
    assert not survives(path)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    content=st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(("type", "features", "geometry", "coordinates", "properties", "crs")),
                inner | st.sampled_from(("Feature", "FeatureCollection", "Polygon", "Point")),
                max_size=5,
            )
        ),
        max_leaves=20,
    )
)
def test_any_json_is_read_or_refused(tmp_path, write_json, content):
    survives(write_json(tmp_path / "a.json", content))
