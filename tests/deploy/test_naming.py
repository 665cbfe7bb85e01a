"""Names, images and requirements in files that machines read can mean one thing only."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops_jupyter.deploy.naming import base_image, exact_requirement, plain_name
from mlops_jupyter.errors import UsageError


@given(st.text(max_size=200))
def test_any_name_becomes_a_plain_one(name):
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", plain_name(name))
    assert len(plain_name(name)) <= 50


@pytest.mark.parametrize(
    "image",
    ["python", "python:latest", "registry:5000/python", "a b:1", "a:1\nRUN x", "a:1@sha256:12", "a:1 ", ""],
)
def test_an_image_that_may_be_another_tomorrow_is_refused(image):
    with pytest.raises(UsageError):
        base_image("3.11.9", image)


def test_an_image_with_a_digest_is_taken_as_it_is():
    image = f"registry:5000/base/python:3.11-slim@sha256:{'a' * 64}"
    assert base_image("3.11.9", image) == image
    assert base_image("3.12.1") == "python:3.12.1-slim"


@pytest.mark.parametrize("python", ["3.12.0rc1", "3.11", "", "3.11.9; rm -rf ~"])
def test_python_without_an_official_image_needs_one_to_be_named(python):
    with pytest.raises(UsageError, match="image="):
        base_image(python)


@pytest.mark.parametrize("text", ["numpy", "numpy>=1", "numpy==1.*", "numpy==1,<2"])
def test_a_requirement_of_several_versions_is_refused(text):
    with pytest.raises(UsageError, match="expected one version"):
        exact_requirement(text)
