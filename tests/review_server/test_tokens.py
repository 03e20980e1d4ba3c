"""Tokens: a file that nobody else may read, secrets that nobody can guess, comparisons that tell nothing."""

import hmac
from pathlib import Path

import pytest
from review_process import token_of, write_tokens

from mifg_pipeline.errors import MifgError
from mifg_pipeline.review.server.tokens import Sessions, add_token, read_tokens


def test_an_added_annotator_is_found_with_the_token_that_was_returned(tmp_path: Path) -> None:
    alice, bob = add_token(tmp_path / "tokens.yaml", "alice"), add_token(tmp_path / "tokens.yaml", "bob")
    assert read_tokens(tmp_path / "tokens.yaml") == {"alice": alice, "bob": bob}


def test_a_new_file_can_be_read_by_its_owner_alone(tmp_path: Path) -> None:
    add_token(tmp_path / "tokens.yaml", "alice")
    assert (tmp_path / "tokens.yaml").stat().st_mode & 0o777 == 0o600


def test_a_file_that_others_may_read_is_refused(tmp_path: Path) -> None:
    write_tokens(tmp_path / "tokens.yaml", "alice").chmod(0o640)
    with pytest.raises(MifgError, match=r"Others may read .* 640"):
        read_tokens(tmp_path / "tokens.yaml")


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("", "no names"),
        ("- alice", "no names"),
        ("alice: short", "fewer than 22"),
        ("../alice: aaaaaaaaaaaaaaaaaaaaaaaaaa", "cannot be the name"),
        ("alice: aaaaaaaaaaaaaaaaaaaaaaaaaa\nbob: aaaaaaaaaaaaaaaaaaaaaaaaaa", "the same token"),
        ("alice: [secret-secret-secret-secret", "not YAML"),
    ],
)
def test_a_damaged_file_is_refused_by_what_is_wrong_with_it(tmp_path: Path, content: str, problem: str) -> None:
    path = write_tokens(tmp_path / "tokens.yaml", "alice")
    path.write_text(content)
    with pytest.raises(MifgError, match=problem):
        read_tokens(path)


def test_an_error_about_the_file_quotes_no_token(tmp_path: Path) -> None:
    path = write_tokens(tmp_path / "tokens.yaml", "alice")
    path.write_text("alice: [secret-secret-secret-secret")
    with pytest.raises(MifgError) as refused:
        read_tokens(path)
    assert "secret" not in str(refused.value)


def test_a_name_gets_one_token_only(tmp_path: Path) -> None:
    add_token(tmp_path / "tokens.yaml", "alice")
    with pytest.raises(MifgError, match="alice has a token"):
        add_token(tmp_path / "tokens.yaml", "alice")


def test_the_token_opens_the_session_that_its_cookie_opens() -> None:
    sessions = Sessions({"alice": token_of("alice"), "bob": token_of("bob")})
    session = sessions.of_token(token_of("alice"))
    assert session
    assert sessions.of_cookie(session.cookie) == session


def test_a_cookie_and_a_csrf_proof_do_not_hold_the_token() -> None:
    session = Sessions({"alice": token_of("alice")}).of_token(token_of("alice"))
    assert session
    assert len({token_of("alice"), session.cookie, session.csrf}) == 3


@pytest.mark.parametrize("wrong", ["", "alice", token_of("alice")[:-1], "ä", "\ud800"])
def test_a_wrong_token_opens_nothing(wrong: str) -> None:
    assert Sessions({"alice": token_of("alice")}).of_token(wrong) is None


def test_a_token_is_compared_with_all_there_are_in_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    sessions = Sessions({"alice": token_of("alice"), "bob": token_of("bob")})
    compared: list[bytes] = []
    compare = hmac.compare_digest
    monkeypatch.setattr(hmac, "compare_digest", lambda one, other: compared.append(other) or compare(one, other))
    sessions.of_token(token_of("alice"))
    assert compared == [token_of("alice").encode(), token_of("bob").encode()]
