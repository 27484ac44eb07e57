"""The pure modules of the map, run in a browser: known answers for topology, colours and strokes."""

from itertools import combinations

import numpy as np
import pytest

from tests.ui.painter.eyes import BLINDNESS, lab

# Borders of a lattice of 3 × 3 grids, numbered row by row from the north-west.
LATTICE = [0, 1, 1, 2, 3, 4, 4, 5, 6, 7, 7, 8, 0, 3, 1, 4, 2, 5, 3, 6, 4, 7, 5, 8]


@pytest.mark.parametrize("eyes", BLINDNESS)
def test_fills_stay_apart_for_all_eyes(run, eyes):
    fills = run("colours", "return m.FILLS")
    assert len(fills) >= 6
    distances = [np.linalg.norm(lab(a, eyes) - lab(b, eyes)) for a, b in combinations(fills, 2)]
    assert min(distances) > 11.9


COLOUR = """
    const beside = m.zoneNeighbours(a.zoneOf, a.borders, a.zones);
    const colours = m.colourZones(beside, a.wishes || []);
    return { colours, beside: beside.map((set) => [...set].sort()) };
"""


def test_neighbouring_zones_get_different_colours(run):
    found = run("colours", COLOUR, {"zoneOf": list(range(9)), "borders": LATTICE, "zones": 9})
    assert found["beside"][4] == [1, 3, 5, 7]
    colours, beside = found["colours"], found["beside"]
    clashes = [(a, b) for a, row in enumerate(beside) for b in row if colours[a] == colours[b]]
    assert clashes == []
    assert max(found["colours"]) < 4


def test_wishes_hold_where_neighbours_do_not_have_the_same(run):
    argument = {"zoneOf": [0, 1, 2, -1], "borders": [0, 1, 1, 2, 2, 3], "zones": 3, "wishes": [5, 5, 5]}
    found = run("colours", COLOUR, argument)
    assert found["colours"][1] == 5 or (found["colours"][0] == 5 and found["colours"][2] == 5)
    assert len({found["colours"][0], found["colours"][1]}) == 2


def test_a_stroke_recolours_one_zone_and_never_the_one_that_is_painted(run):
    script = """
        const beside = m.zoneNeighbours(a.zoneOf, a.borders, 3);
        const colours = a.colours.slice();
        const changed = m.mendColours(colours, beside, [0, 1], { kept: 0 });
        return { colours, changed };
    """
    # Zones 0 and 2 have come to touch; both are of colour 1.
    argument = {"zoneOf": [0, 0, 2, 1], "borders": [0, 1, 1, 2, 2, 3, 0, 3], "colours": [1, 0, 1]}
    found = run("colours", script, argument)
    assert found["changed"] == [2]
    assert found["colours"][0] == 1
    assert len(set(found["colours"])) == 3


def test_a_stroke_without_a_clash_recolours_nothing(run):
    script = "return m.mendColours([0, 1, 0], [new Set([1]), new Set([0, 2]), new Set([1])], [0, 1, 2])"
    assert run("colours", script) == []


PARTS = (
    "const near = m.adjacency(a.borders, a.zoneOf.length); return [...m.brokenParts(near, a.zoneOf, a.zones)]"
)


def test_lesser_parts_of_broken_zones_are_found(run):
    # 0 0 1
    # 1 1 1
    # 0 1 0
    zone_of = [0, 0, 1, 1, 1, 1, 0, 1, 0]
    assert run("topology", PARTS, {"borders": LATTICE, "zoneOf": zone_of, "zones": [0, 1]}) == [
        [0, [[6], [8]]]
    ]
    linked = [*LATTICE, 1, 6, 6, 8]
    assert run("topology", PARTS, {"borders": linked, "zoneOf": zone_of, "zones": [0, 1]}) == []


def test_parts_agree_with_a_plain_search(run):
    import networkx as nx

    rng = np.random.default_rng(5)
    graph = nx.grid_2d_graph(9, 9)
    number = {node: at for at, node in enumerate(graph)}
    borders = [number[node] for edge in graph.edges for node in edge]
    zone_of = rng.integers(0, 3, 81).tolist()
    found = dict(run("topology", PARTS, {"borders": borders, "zoneOf": zone_of, "zones": [0, 1, 2]}))
    for zone in range(3):
        inside = [node for node, at in number.items() if zone_of[at] == zone]
        sizes = sorted((len(part) for part in nx.connected_components(graph.subgraph(inside))), reverse=True)
        assert [len(part) for part in found.get(zone, [])] == sizes[1:]


def test_a_fill_takes_the_part_under_the_pointer_only(run):
    script = "return m.floodFrom(m.adjacency(a.borders, 9), a.zoneOf, 6).sort()"
    assert run("topology", script, {"borders": LATTICE, "zoneOf": [0, 0, 1, 1, 1, 1, 0, 0, 1]}) == [6, 7]


def test_split_villages_are_those_in_several_zones(run):
    script = "return [...m.splitVillages(a.zoneOf, a.villageOf)]"
    argument = {"zoneOf": [0, 0, 1, 1, -1], "villageOf": [0, 0, 1, 2, 2]}
    assert run("topology", script, argument) == [[2, [3, 4]]]


def test_whole_villages_come_with_one_of_their_grids(run):
    script = """
        const of = m.villageGrids(a.villageOf, 2);
        return m.withVillages([0, 4], a.villageOf, of, (village) => village === 0).sort()
    """
    assert run("topology", script, {"villageOf": [0, 1, 0, 1, 1]}) == [0, 2, 4]


def test_the_cursor_steps_to_the_neighbour_in_a_direction(run):
    script = """
        const near = m.adjacency(a.borders, 9), x = [0, 1, 2, 0, 1, 2, 0, 1, 2];
        const y = [0, 0, 0, 1, 1, 1, 2, 2, 2];
        return [[1, 0], [-1, 0], [0, -1], [0, 1]].map(([dx, dy]) => m.stepFrom(near, x, y, a.from, dx, dy));
    """
    assert run("topology", script, {"borders": LATTICE, "from": 4}) == [5, 3, 1, 7]
    assert run("topology", script, {"borders": LATTICE, "from": 0}) == [1, -1, -1, 3]


DISSOLVE = """
    const weight = a.weights ? (g, o) => a.weights[`${g} ${o}`] || 1 : undefined;
    const near = m.adjacency(a.borders, a.zoneOf.length);
    return [...m.dissolved(near, a.zoneOf, 1, weight)].sort((x, y) => x[0] - y[0]);
"""


def test_a_dissolved_zone_goes_to_the_neighbours_with_the_longest_border(run):
    # 0 0 2
    # 0 1 2
    # 1 1 2
    argument = {"borders": LATTICE, "zoneOf": [0, 0, 2, 0, 1, 2, 1, 1, 2]}
    assert run("topology", DISSOLVE, argument) == [[4, 0], [6, 0], [7, 2]]
    argument["weights"] = {"4 5": 3}
    assert run("topology", DISSOLVE, argument) == [[4, 2], [6, 0], [7, 2]]


def test_a_dissolved_zone_without_neighbours_is_in_no_zone(run):
    assert run("topology", DISSOLVE, {"borders": [0, 1], "zoneOf": [1, 1]}) == [[0, -1], [1, -1]]


UNDOABLE = """
    const { done, undone } = m.undoable(a.log, 'me');
    return [done.map((s) => s.number), undone.map((s) => s.number)];
"""


def strokes(*kinds):
    return [
        {
            "number": number,
            "painter": "me" if kind != "other" else "they",
            "kind": kind,
            "grids": [[0, "a", "b"]],
        }
        for number, kind in enumerate(kinds, start=1)
    ]


@pytest.mark.parametrize(
    ("kinds", "expected"),
    [
        (("paint", "paint"), [[1, 2], []]),
        (("paint", "paint", "undo"), [[1], [2]]),
        (("paint", "paint", "undo", "undo"), [[], [2, 1]]),
        (("paint", "paint", "undo", "undo", "redo"), [[1], [2]]),
        (("paint", "paint", "undo", "paint"), [[1, 4], []]),  # a new stroke drops what could be redone
        (("paint", "other", "undo"), [[], [1]]),  # what others paint is never undone
        (("undo", "redo"), [[], []]),
    ],
)
def test_what_can_be_undone_and_redone(run, kinds, expected):
    assert run("strokes", UNDOABLE, {"log": strokes(*kinds)}) == expected


def test_an_undo_is_the_last_stroke_the_other_way_round(run):
    stroke = {
        "number": 7,
        "painter": "me",
        "kind": "paint",
        "grids": [[3, "a", "b"], [4, "", "b"]],
        "names": {"b": ["", "新区"]},
        "locks": {"zone:a": [False, True]},
    }
    found = run("strokes", "return m.undoing(a, 'me', 't1')", [stroke])
    assert (found["kind"], found["of"], found["token"]) == ("undo", 7, "t1")
    assert found["grids"] == [[3, "b", "a"], [4, "b", ""]]
    assert found["names"] == {"b": ["新区", ""]}
    assert found["locks"] == {"zone:a": [True, False]}
    again = run("strokes", "return m.redoing([a[0], m.undoing(a, 'me', 't1')], 'me', 't2')", [stroke])
    assert (again["kind"], again["of"], again["grids"]) == ("redo", 7, stroke["grids"])
    assert run("strokes", "return m.undoing([], 'me', 't')") is None


def test_three_hundred_strokes_can_be_undone(run):
    script = """
        let log = [];
        const stroke = { painter: 'me', kind: 'paint', grids: [] };
        for (let number = 0; number < 300; number++) log = m.withStroke(log, { ...stroke, number });
        let count = 0;
        for (let s; (s = m.undoing(log, 'me', `t${count}`)); count++) log = m.withStroke(log, s);
        return count;
    """
    assert run("strokes", script) == 300


def test_a_log_that_has_grown_long_leaves_the_same_to_undo_and_redo(run):
    script = """
        let log = [];
        const put = (kind, times) => {
            for (let k = 0; k < times; k++)
                log = m.withStroke(log, { painter: 'me', kind, number: log.length });
        };
        put('paint', 350); put('undo', 340); put('redo', 200); put('undo', 150); put('redo', 5);
        const { done, undone } = m.undoable(log, 'me');
        return [log.length, done.map((s) => s.number), undone.map((s) => s.number)];
    """
    length, done, undone = run("strokes", script)
    assert length < 1045
    assert done == list(range(65))
    assert undone == list(range(349, 64, -1))


def test_the_queue_forgets_what_was_kept(run):
    queue = [{"token": "a", "grids": [[1, "x", "y"]]}, {"token": "b", "grids": [[2, "x", "y"]]}]
    assert run("strokes", "return m.withoutKept(a, ['a', 'z']).map((s) => s.token)", queue) == ["b"]
    assert run("strokes", "return [...m.queuedGrids(a)]", queue) == [1, 2]


@pytest.mark.parametrize(
    "open",
    [
        "() => ({ getItem() { throw 1; }, setItem() { throw 1; }, removeItem() { throw 1; } })",
        "() => { throw 1; }",  # a browser that forbids to look at it
        "() => ({ getItem: () => '2', setItem() { throw 1; }, removeItem() { throw 1; } })",  # full
    ],
)
def test_a_store_that_is_full_or_forbidden_lasts_as_long_as_the_page(run, open):
    script = f"""
        const store = m.keeper({open});
        store.write('k', [1]);
        const kept = store.read('k', 'nothing');
        store.drop('k');
        return [kept, store.read('k', 'nothing'), m.newToken() === m.newToken()];
    """
    # The full one has still what was there before.
    assert run("strokes", script) == [[1], 2 if "'2'" in open else "nothing", False]


def test_a_painter_has_a_name_though_nothing_can_be_stored(run):
    script = "const s = m.keeper(() => { throw 1; }); return [m.painterName(s), m.painterName(s)]"
    first, second = run("strokes", script)
    assert (len(first), first) == (24, second)


def test_stored_strokes_find_their_grids_though_the_order_is_another_one(run):
    stroke = {"token": "t", "kind": "paint", "grids": [[0, "x", "y"], [1, "x", "z"]], "names": {}}
    script = """
        const found = JSON.parse(JSON.stringify(m.stored(a, ['g', 'h'])));
        return m.restored(found, new Map([['new', 0], ['h', 1], ['i', 2], ['g', 3]]));
    """
    assert run("strokes", script, [stroke]) == [{**stroke, "grids": [[3, "x", "y"], [1, "x", "z"]]}]
    gone = "return m.restored(m.stored(a, ['g', 'h']), new Map([['g', 0]]))"
    assert run("strokes", gone, [stroke])[0]["grids"] == [[0, "x", "y"]]


@pytest.mark.parametrize(
    "nonsense", [None, 5, "[", {"filter": 1}, [None, 7, {}, {"token": "t", "kind": "x", "grids": [3]}]]
)
def test_nonsense_in_the_store_is_no_stroke(run, nonsense):
    assert run("strokes", "return m.restored(a, new Map())", nonsense) == []


def test_world_coordinates_are_web_mercator(run):
    x, y = run("shapes", "return m.toWorld(120, 30)")
    # A metre of Web Mercator at zoom 0, by the published formula.
    radius = 6378137.0
    metres = np.radians(120) * radius, radius * np.log(np.tan(np.pi / 4 + np.radians(15)))
    span = 2 * np.pi * radius / 256
    assert x == pytest.approx(128 + metres[0] / span)
    assert y == pytest.approx(128 - metres[1] / span)
    assert run("shapes", "return m.toLonLat(...m.toWorld(120, 30))") == pytest.approx([120, 30])


def test_the_grid_under_a_point_is_found(run):
    # A square with a hole that the second fills, and one beside it; 1,000 units are a thousandth of a degree.
    outer, hole = [0, 0, 1000, 0, 0, 1000, -1000, 0], [400, 400, 0, 200, 200, 0, 0, -200]
    inner, beside = [400, 400, 200, 0, 0, 200, -200, 0], [1000, 0, 1000, 0, 0, 1000, -1000, 0]
    geometry = {
        "scale": 1_000_000,
        "origin": [120_000_000, 30_000_000],
        "grids": {
            "ids": ["a", "b", "c"],
            "rings": [[outer, hole], [inner], [beside]],
            "runs": [[[-1, 1, 2, 1, -1, 2], [1, 4]], [[0, 4]], [[-1, 3, 0, 1]]],
            "at": [[100, 100], [500, 500], [1500, 500]],
        },
    }
    script = """
        const shapes = m.decode(a.geometry);
        return a.points.map(([x, y]) => m.gridAt(shapes, ...m.toWorld(120 + x / 1e6, 30 + y / 1e6)));
    """
    points = [[100, 100], [500, 500], [1500, 500], [-10, 500], [2100, 500], [500, 390]]
    assert run("shapes", script, {"geometry": geometry, "points": points}) == [0, 1, 2, -1, -1, 0]
    drawn = "const s = m.decode(a); return [...s.runDrawn]"
    # Each common border is drawn from one side, every outer one from its own.
    assert run("shapes", drawn, geometry) == [1, 1, 1, 1, 0, 1, 0]


def test_a_point_outside_all_is_in_no_grid(run):
    script = "const s = m.decode(a); return [m.gridAt(s, 0, 0), s.count]"
    square = [0, 0, 1000, 0, 0, 1000, -1000, 0]
    geometry = {
        "scale": 1_000_000,
        "origin": [120_000_000, 30_000_000],
        "grids": {"ids": ["a"], "rings": [[square]], "runs": [[[-1, 4]]], "at": [[500, 500]]},
    }
    assert run("shapes", script, geometry) == [-1, 1]


SESSION = """
    localStorage.clear();
    const geometry = {
        grids: {
            ids: ['g0', 'g1', 'g2', 'g3'], villages: [-1, -1, -1, -1], stations: [0, 0, 0, 1],
            today: [0, 0, 1, 2], workload: [1, 2, 3, 4], present: [0, 0, 0, 0],
        },
        villages: { ids: [], names: [], kinds: [] }, stations: { ids: ['s', 't'], names: ['S', 'T'] },
        zones_today: [{ id: 'a', name: 'A' }, { id: 'b', name: 'B' }, { id: 'c', name: 'C' }],
        borders: [0, 1, 1, 2, 2, 3],
    };
    const zones = [['a', 0], ['b', 0], ['c', 1]].map(([id, station]) => ({ id, name: id, station }));
    const fixed = { id: 'P1', origin: 'test', editable: true, locks: [], tolerance: 0.1, across: false };
    const plan = { ...fixed, assignment: [0, 0, 1, 2], zones };
    const open = (key) => m.sessionOf(geometry, { state_key: key, plan });
    const zonesOf = (session) => [...session.plan.zoneOf].map((zone) => session.plan.zoneId(zone)).join('');
"""


def test_a_stroke_waits_in_the_queue_until_it_is_kept(run):
    script = (
        SESSION
        + """
        const session = open('k1');
        const { stroke } = session.stroke('paint', { grids: [[1, 'a', 'b']] });
        const reloaded = open('k2'), other = m.sessionOf(geometry, { state_key: 'k3', plan: null });
        const before = [session, reloaded].flatMap((s) => [zonesOf(s), s.queue.length]);
        session.hear({ acks: [stroke.token] });
        const kept = localStorage.getItem('gridbeat:P1:test');
        return [...before, other, session.queue.length, kept, open('k1') === session];
    """
    )
    assert run("session", script) == ["abbc", 1, "abbc", 1, None, 0, None, True]


def test_undo_leaves_what_somebody_else_changed_since(run):
    script = (
        SESSION
        + """
        const session = open('k4');
        const { stroke } = session.stroke('paint', { grids: [[1, 'a', 'b'], [0, 'a', 'b']] });
        const heard = { token: 'x', number: 2, by: 'other', painter: 'they', text: 'moved' };
        const news = [{ ...heard, grids: [[0, 'b', 'c']] }];
        const { texts } = session.hear({ acks: [stroke.token], news });
        session.hear({ acks: [], news });
        const painted = zonesOf(session);
        const undone = session.undo();
        return [painted, texts, zonesOf(session), undone.stroke.grids, session.can()];
    """
    )
    assert run("session", script) == [
        "cbbc",
        ["moved"],
        "cabc",
        [[1, "b", "a"]],
        {"undo": False, "redo": True},
    ]


def test_news_of_others_waits_for_strokes_that_are_not_kept_yet(run):
    script = (
        SESSION
        + """
        const session = open('k5');
        const { stroke } = session.stroke('paint', { grids: [[1, 'a', 'b']] });
        session.hear({ news: [{ token: 'x', number: 1, by: 'other', grids: [[1, 'a', 'c']] }] });
        const mine = zonesOf(session);
        const refused = { token: 'y', number: 1, by: 'self', grids: [[1, 'b', 'c']] };
        session.hear({ acks: [stroke.token], news: [refused] });
        return [mine, zonesOf(session)];
    """
    )
    assert run("session", script) == ["abbc", "acbc"]


def test_grids_of_other_stations_and_locked_ones_are_refused(run):
    script = (
        SESSION
        + """
        const { plan: p } = open('k6');
        const found = [p.refusal(3, 0), p.refusal(2, 0), p.refusal(0, 0)];
        p.apply({ locks: { 'grid:g2': [false, true], 'zone:b': [false, true] } });
        found.push(p.refusal(2, 0), p.refusal(0, 1), p.refusal(3, -1));
        p.across = true;
        return [...found, p.refusal(3, 0)];
    """
    )
    assert run("session", script) == ["station", "", "same", "locked", "zone_locked", "", ""]


def test_figures_are_foreseen_before_they_are_scored(run):
    script = (
        SESSION
        + """
        const session = open('k7');
        const row = (id, grids) => [id, 3, 4, -0.25, 1, grids, 0, 0, 0.5];
        session.hear({ score: { all: true, zones: [row('a', 2), row('b', 1)] } });
        const changed = session.stroke('paint', { grids: [[1, 'a', 'b']] });
        session.plan.check(changed.zones);
        session.foresee(changed.zones);
        const rows = session.model().zones;
        return rows.map(({ id, workload, deviation, grids }) => [id, workload, deviation, grids]);
    """
    )
    assert run("session", script) == [["a", 1, -0.75, 1], ["b", 5, 0.25, 2], ["c", None, None, 0]]


def test_places_are_found_by_name_or_code_the_best_first(run):
    found = run(
        "search",
        """
        const geometry = {
          grids: { ids: ['330001', '330002'], names: ['东一', '西一'], villages: [0, 0], stations: [0, 0] },
          villages: { ids: ['3300'], names: ['大东村'] }, stations: { ids: ['33'], names: ['东所'] },
        };
        const plan = { zones: [{ id: 'Z1', name: '东区' }], geometry, grids: geometry.grids, zoneOf: [0, -1],
          gridsOfVillage: [[0, 1]] };
        const told = (text) => m.foundPlaces(plan, text).map(({ kind, id }) => `${kind} ${id}`);
        const places = m.foundPlaces(plan, '东');
        const grids = places.map((place) => m.gridsOf(plan, place));
        return [told('东'), told('330002'), told(' '), told('北'), grids];
        """,
    )
    assert found == [
        ["zone Z1", "station 33", "grid 330001", "village 3300"],
        ["grid 330002"],
        [],
        [],
        [[0], [0, 1], [0], [0, 1]],
    ]
