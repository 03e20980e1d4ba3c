"""What every engine keeps: tests that a module with an ``engine`` fixture takes in by a star import."""

import pytest

from mifg_pipeline.engines.ledger import TokenKind, TokenLedger


@pytest.fixture
def requests(make_request, make_view):
    first, second = make_view("first"), make_view("second", 1, 4)
    return [
        make_request(7, first, "What is it?", max_tokens=9),
        make_request(3, first, "What is it?", second_turn=[second], max_tokens=4),
        make_request(5, "How many?", max_tokens=1),
    ]


def drain(engine):
    turns = []
    while some := engine.step():
        turns += some
    return turns


def test_every_request_is_answered_once(engine, requests):
    for request in requests:
        engine.submit(request)
    assert sorted(turn.key for turn in drain(engine)) == [3, 5, 7]


def test_a_step_without_requests_gives_nothing(engine):
    assert engine.step() == []


def test_requests_may_come_between_steps(engine, requests):
    engine.submit(requests[0])
    first = engine.step()
    engine.submit(requests[1])
    assert [turn.key for turn in (*first, *engine.step())] == [7, 3]


def test_what_the_engine_read_is_what_the_ledger_holds(engine, requests, chat_format):
    for request in requests:
        engine.submit(request)
        (turn,) = engine.step()
        ledger = TokenLedger(chat_format.image_token_id, chat_format.tokens_of)
        ledger.add(TokenKind.PROMPT, request.token_ids, request.views, turn=-1)
        ledger.check_prompt(turn.prompt_token_ids)


def test_each_sampled_token_has_a_log_probability(engine, requests):
    for request in requests:
        engine.submit(request)
    for turn in drain(engine):
        assert len(turn.logprobs) == len(turn.token_ids)
        assert all(logprob <= 0 for logprob in turn.logprobs)


def test_turns_keep_their_limits_and_end_with_the_end_token_alone(engine, requests, chat_format):
    limits = {request.key: request.max_tokens for request in requests}
    for request in requests:
        engine.submit(request)
    for turn in drain(engine):
        assert 1 <= len(turn.token_ids) <= limits[turn.key]
        assert chat_format.end_of_turn_id not in turn.token_ids[:-1]
        assert turn.is_finished == (turn.token_ids[-1] == chat_format.end_of_turn_id)


def test_no_vision_token_is_sampled(engine, requests, chat_format):
    for request in requests:
        engine.submit(request)
    for turn in drain(engine):
        assert not set(turn.token_ids) & set(chat_format.banned_ids)


def test_equal_batches_give_equal_turns(engine, requests):
    def played():
        for request in requests:
            engine.submit(request)
        return sorted(drain(engine), key=lambda turn: turn.key)

    for first, second in zip(played(), played(), strict=True):
        assert first.token_ids == second.token_ids
        # Where a row stands decides how its sums round, and what is in a cache already.
        assert first.logprobs == pytest.approx(second.logprobs, abs=1e-5)


def test_equal_requests_of_a_batch_give_equal_turns(engine, requests):
    for request in (requests[0], requests[0]):
        engine.submit(request)
    first, second = drain(engine)
    assert first.token_ids == second.token_ids
    assert first.logprobs == pytest.approx(second.logprobs, abs=1e-5)


def test_turns_do_not_change_when_no_weight_does(engine, requests):
    engine.submit(requests[0])
    (before,) = engine.step()
    engine.sync(())
    engine.submit(requests[0])
    (after,) = engine.step()
    assert after.token_ids == before.token_ids
    assert after.logprobs == pytest.approx(before.logprobs, abs=1e-5)


def test_an_aborted_request_is_not_answered(engine, requests):
    for request in requests:
        engine.submit(request)
    engine.abort([7, 5])
    assert [turn.key for turn in drain(engine)] == [3]


def test_what_has_been_aborted_may_be_asked_again(engine, requests):
    engine.submit(requests[0])
    engine.abort([7])
    engine.submit(requests[0])
    assert [turn.key for turn in drain(engine)] == [7]


def test_it_samples_after_sleep(engine, requests):
    engine.sleep()
    engine.wake()
    engine.sync(())
    engine.submit(requests[0])
    assert [turn.key for turn in drain(engine)] == [7]
