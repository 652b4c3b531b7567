"""SPADE of the reference, by hand and by the facts known of published ports."""

import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from reference import geometry, images, spade

ON_A_LINE = np.array([[0.0], [1.0], [3.0], [10.0]])


def options(**changes):
    return spade.Options(**changes)


def test_retrieval_takes_the_nearest_and_the_lower_index_among_equals():
    gallery = np.array([[5.0, 0.0], [0.0, 1.0], [1.0, 0.0], [0.0, -1.0]])
    indices, squared = spade.retrieve(np.zeros(2), gallery, 2)
    assert indices.tolist() == [1, 2] and squared.tolist() == [1.0, 1.0]


def test_retrieval_is_clipped_to_the_gallery():
    indices, squared = spade.retrieve(np.zeros(1), ON_A_LINE, 50)
    assert indices.tolist() == [0, 1, 2, 3] and squared.tolist() == [0.0, 1.0, 9.0, 100.0]


@pytest.mark.parametrize("distance, expected", [("l2sq", (1 + 9) / 2), ("l2", (1 + 3) / 2)])
def test_mean_distance_takes_roots_before_the_mean(distance, expected):
    assert spade.mean_distance(np.array([1.0, 9.0]), distance) == expected


@pytest.mark.parametrize("num_neighbors", [1, 3, 8])
def test_nearest_over_several_galleries_equals_the_sort_of_all_distances(num_neighbors):
    random = np.random.RandomState(5)
    query, gallery = random.randint(0, 9, (7, 4)), random.randint(0, 9, (8, 4))
    everything = np.sort(((query[:, None, :] - gallery[None, :, :]) ** 2).sum(axis=2), axis=1)
    found = spade.nearest_squared(query.astype(float), [gallery[:3], gallery[3:]], num_neighbors)
    np.testing.assert_array_equal(found, everything[:, :num_neighbors])


def test_more_neighbors_than_locations_is_an_error():
    with pytest.raises(ValueError, match="only 4 locations"):
        spade.nearest_squared(ON_A_LINE, [ON_A_LINE], 5)


def pyramid(fine, coarse):
    """A two-level pyramid: 2x2 and 1x1 locations of one channel."""
    return [np.array(fine, float).reshape(2, 2, 1), np.array(coarse, float).reshape(1, 1, 1)]


@pytest.mark.parametrize(
    "fusion, distance, expected",
    [
        # Gallery rows (fine, coarse): (0,0) four times, (4,1) four times. Query rows (1,2) .. (4,2).
        # Squares: to (0,0) 1+4, 4+4, 9+4, 16+4; to (4,1) 9+1, 4+1, 1+1, 0+1.
        ("concat", "l2sq", [5, 5, 2, 1]),
        ("concat", "l2", np.sqrt([5, 5, 2, 1])),
        # Fine alone 1, 4, 1, 0; coarse alone (2-1)^2 = 1 everywhere.
        ("per-level", "l2sq", [1, 2.5, 1, 0.5]),
        ("per-level", "l2", [1, 1.5, 1, 0.5]),
    ],
)
def test_a_two_level_example_worked_by_hand(fusion, distance, expected):
    gallery = [pyramid([0, 0, 0, 0], 0), pyramid([4, 4, 4, 4], 1)]
    settings = options(fusion=fusion, distance=distance)
    found = spade.distance_map(pyramid([1, 2, 3, 4], 2), gallery, settings, (2, 2))
    np.testing.assert_allclose(found.ravel(), expected, rtol=1e-12)


def test_num_neighbors_averages_over_the_nearest_locations():
    gallery = [pyramid([0, 1, 2, 9], 0)]
    found = spade.distance_map(pyramid([0, 0, 0, 0], 0), gallery, options(num_neighbors=3), (2, 2))
    np.testing.assert_allclose(found, np.full((2, 2), (0 + 1 + 4) / 3), rtol=1e-12)


def test_levels_are_numbered_from_one():
    assert [level.shape for level in spade.select_levels(pyramid([0, 0, 0, 0], 0), (2,))] == [(1, 1, 1)]
    with pytest.raises(ValueError, match="1..2"):
        spade.select_levels(pyramid([0, 0, 0, 0], 0), (0,))


def port_distances(query, gallery):
    """The patch search of byungjae89's port: whole chunks of 100 gallery rows only, and roots."""
    chunks = [gallery[100 * i : 100 * i + 100] for i in range(len(gallery) // 100)]
    distances = np.hstack([np.sqrt(((query[:, None] - chunk[None]) ** 2).sum(axis=2)) for chunk in chunks])
    return distances.min(axis=1), distances.shape[1]


def test_the_common_port_drops_80_of_980_rows_and_takes_roots_where_we_do_neither():
    num_locations, num_retrieved = 14 * 14, 5  # layer3 at 224 px
    gallery = np.random.RandomState(6).random_sample((num_locations * num_retrieved, 3))
    gallery[1:] += 10.0  # row 0 stands alone
    query = np.array([gallery[0] + [0.1, 0.0, 0.0], gallery[950]])
    port, rows_used = port_distances(query, gallery)
    ours = spade.nearest_squared(query, np.split(gallery, num_retrieved), 1)[:, 0]
    assert len(gallery) - rows_used == 80
    assert port[0] == pytest.approx(np.sqrt(ours[0])) and ours[0] == pytest.approx(0.01)
    assert ours[1] == 0.0 and port[1] > 0.0  # its twin lies among the dropped rows


def test_bilinear_resize_has_half_pixel_centres_and_clamped_edges():
    up = geometry.resize_bilinear(np.array([[0.0, 4.0]]), 2, 4)
    np.testing.assert_allclose(up, [[0, 1, 3, 4], [0, 1, 3, 4]])
    down = geometry.resize_bilinear(np.arange(6.0)[None, :], 1, 2)
    np.testing.assert_allclose(down, [[1, 4]])  # positions 1 and 4: no antialiasing


@pytest.mark.parametrize("frame, crop, origin", [(256, 224, 16), (101, 100, 0), (103, 100, 2), (8, 8, 0)])
def test_centre_crop_rounds_halves_to_even(frame, crop, origin):
    assert geometry.centre_crop_origin((frame, frame), (crop, crop)) == (origin, origin)


def test_the_map_of_a_crop_is_continued_to_the_frame_before_the_original_size():
    inside = np.array([[1.0, 2.0], [3.0, 4.0]])
    found = spade.to_original_size(inside, options(resize=(4, 4), crop=(2, 2)), (4, 4))
    np.testing.assert_allclose(found, [[1, 1, 2, 2], [1, 1, 2, 2], [3, 3, 4, 4], [3, 3, 4, 4]])


def test_smoothing_keeps_constants_and_reaches_four_sigma():
    np.testing.assert_allclose(spade.smooth(np.full((3, 5), 2.0), 4.0), 2.0, rtol=1e-12)
    dot = np.zeros((1, 41))
    dot[0, 20] = 1.0
    touched = np.flatnonzero(spade.smooth(dot, 2.0)[0])
    assert (touched.min(), touched.max()) == (12, 28)


def test_eight_and_sixteen_bit_twins_differ_only_by_the_rounding_of_eight_bits():
    eight = np.random.RandomState(8).randint(0, 256, (37, 53, 3)).astype(np.uint8)
    sixteen = eight.astype(np.uint16) * 257
    settings = options(resize=(24, 20), crop=(16, 16))
    found = [images.preprocess(values, settings, [0, 0, 0], [1, 1, 1]) for values in (eight, sixteen)]
    assert found[0].shape == (3, 16, 16) and found[0].dtype == np.float32
    assert 0 < np.abs(found[0] - found[1]).max() <= 1.0 / 255


def test_values_above_the_white_level_are_white():
    rgb = np.full((4, 4, 3), 5000, np.uint16)
    found = images.preprocess(rgb, options(resize=(4, 4), white_level=4095.0), [0, 0, 0], [1, 1, 1])
    np.testing.assert_array_equal(found, 1.0)


def test_images_are_found_in_byte_order_without_hidden_ones(tmp_path):
    wanted = ("b.png", "B.PNG", "a/z.jpg", "a.png", "\u00e9.png")
    for name in wanted + (".hidden.png", ".git/x.png", "notes.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    (tmp_path / "a" / "loop").symlink_to(tmp_path)
    assert images.find_images(tmp_path) == ["B.PNG", "a.png", "a/z.jpg", "b.png", "\u00e9.png"]


@pytest.mark.parametrize("header", [b"P5 1 1 4095\n", b"P5 1 1 100\n", b"P6 1 1 65535\n"])
def test_what_pillow_would_rescale_is_refused(tmp_path, header):
    (tmp_path / "image.ppm").write_bytes(header + bytes(6))
    with pytest.raises(ValueError, match="largest value"):
        images.read_image(tmp_path / "image.ppm")


def test_sixteen_bit_colour_is_refused_and_a_row_of_160_bytes_is_not_mistaken_for_it(tmp_path):
    Image.new("RGB", (53, 2)).save(tmp_path / "rows_of_160_bytes.bmp")
    assert images.read_image(tmp_path / "rows_of_160_bytes.bmp").shape == (2, 53, 3)
    data = zlib.compress(b"\0" + bytes(6))  # one row: its filter, one pixel
    chunks = [(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 16, 2, 0, 0, 0)), (b"IDAT", data), (b"IEND", b"")]
    with open(tmp_path / "colour16.png", "wb") as stream:
        stream.write(b"\x89PNG\r\n\x1a\n")
        for name, body in chunks:
            checksum = struct.pack(">I", zlib.crc32(name + body))
            stream.write(struct.pack(">I", len(body)) + name + body + checksum)
    with pytest.raises(ValueError, match="16-bit colour"):
        images.read_image(tmp_path / "colour16.png")


def test_sixteen_bit_gray_keeps_its_values_and_alpha_is_dropped(tmp_path):
    values = np.array([[0, 300], [40000, 65535]], np.uint16)
    Image.fromarray(values).save(tmp_path / "gray16.png")
    np.testing.assert_array_equal(images.read_image(tmp_path / "gray16.png")[:, :, 1], values)
    Image.fromarray(np.full((2, 2, 4), [9, 8, 7, 0], np.uint8)).save(tmp_path / "alpha.png")
    np.testing.assert_array_equal(images.read_image(tmp_path / "alpha.png")[0, 0], [9, 8, 7])
