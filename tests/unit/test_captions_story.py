"""What a display is to show of all that was said and of how the device is."""

from dataclasses import replace

from daemon.events import Interim, Notice, StableText, Translation, TranslationError
from daemon.outputs.story import Story
from hw.api import Caption, CaptionLine
from tests.support.captions import dropped, final, interim


def told(board, *events):
    story = Story(board.snapshot(), "pocket-1a2b")
    for event in events:
        story.tell(event)
    return story.caption()


def test_before_anything_was_said_there_is_the_status(board):
    assert told(board) == Caption(
        None, (CaptionLine("es", "", 0),), final=True, status="listening · en-US → es · pocket-1a2b"
    )


def test_an_interim_is_shown_with_what_is_stable_in_it(board):
    event = Interim(1, 1, "en-US", StableText("good mor", 5), {"es": StableText("buenos", 3)})
    caption = told(board, event)
    assert caption.source == CaptionLine("en-US", "good mor", 5)
    assert caption.translations == (CaptionLine("es", "buenos", 3),)
    assert not caption.final


def test_a_final_stays_until_the_next_utterance_begins(board):
    assert told(board, interim(1, "one"), final(1, "One.")).source.text == "One."
    assert told(board, final(1, "One."), interim(2, "two")).source.text == "two"


def test_a_dropped_utterance_leaves_and_the_last_final_is_back(board):
    assert told(board, final(1, "One."), interim(2, "two"), dropped(2)).source.text == "One."
    assert told(board, interim(1, "one"), dropped(1)).source is None


def test_another_utterance_that_is_dropped_changes_nothing(board):
    assert told(board, interim(2, "two"), dropped(1)).source.text == "two"


def test_an_interim_overtaken_by_its_final_is_ignored(board):
    assert told(board, final(1, "One."), interim(1, "on")).source.text == "One."


def test_a_final_does_not_push_a_later_utterance_away(board):
    assert told(board, interim(2, "two"), final(1, "One.")).source.text == "two"
    assert told(board, interim(2, "two"), final(1, "One."), dropped(2)).source.text == "One."


def test_why_there_is_no_translation_is_said(board):
    event = final(1, "One.")
    event.translations["es"] = Translation(error=TranslationError("translator_failed", "apertium is gone"))
    assert told(board, event).translations[0].text == "[apertium is gone]"


def test_translations_come_in_the_settings_order_and_keep_their_places(board):
    board.serving(source="en-US", targets=("ca", "es"), engine="device")
    caption = told(board, interim(1, "one", "uno"))
    assert [(line.lang, line.text) for line in caption.translations] == [("ca", ""), ("es", "uno")]


def test_the_other_side_of_a_conversation_is_translated_the_other_way(board):
    board.serving(source="en-US", targets=("es", "ca"), engine="device")
    spanish = replace(final(1, "Hola."), source_lang="es-ES", translations={"en-US": Translation("Hello.")})
    assert [(line.lang, line.text) for line in told(board, spanish).translations] == [("en-US", "Hello.")]


def test_other_events_are_of_no_concern(board):
    assert told(board, Notice("engine_changed")) == told(board)


def test_the_status_says_what_is_wrong(board):
    board.problem("mqtt_away", "broker.local does not answer")
    assert told(board).status == "listening: broker.local does not answer · pocket-1a2b"


def test_the_status_does_not_repeat_what_the_owner_has_accepted(board):
    usual = told(board).status
    board.problem("mqtt_plaintext", "what is said can be read", accepted=True)
    assert told(board).status == usual


def greeted(board, broker, address="192.0.2.7"):
    return Story(board.snapshot(), "pocket", lambda: address, broker).caption()


def test_the_first_screen_says_who_where_and_how_it_stands_with_the_broker(board):
    assert greeted(board, "lan.example").translations[0].text == "pocket · 192.0.2.7 · broker lan.example"
    assert greeted(board, "").translations[0].text == "pocket · 192.0.2.7 · no broker"
    board.problem("mqtt_unreachable", "lan.example does not answer")
    assert greeted(board, "lan.example").translations[0].text == "pocket · 192.0.2.7 · broker lan.example away"
    assert greeted(board, "", address="").translations[0].text == "pocket · no broker"


def test_the_first_screen_is_one_text_however_many_languages_there_are(board):
    board.serving(source="en-US", targets=("es", "fr", "de"), engine="device")
    caption = greeted(board, "lan.example")
    assert caption.source is None
    assert caption.translations == (CaptionLine("", "pocket · 192.0.2.7 · broker lan.example", 39),)


def test_a_broker_that_does_not_take_a_topic_is_not_away(board):
    board.problem("mqtt_topic_refused", "the broker does not take dragoman/pocket/final")
    assert greeted(board, "lan.example").translations[0].text == "pocket · 192.0.2.7 · broker lan.example"
    assert "dragoman/pocket/final" in greeted(board, "lan.example").status


def test_the_first_screen_goes_with_the_first_word(board):
    story = Story(board.snapshot(), "pocket", lambda: "192.0.2.7", "lan.example")
    story.tell(interim(1, "one"))
    assert story.caption().source.text == "one"


def test_who_it_is_can_be_asked_for_and_what_was_said_forgotten(board):
    story = Story(board.snapshot(), "pocket")
    story.tell(final(1, "One."))
    story.identify()
    assert [line.text for line in story.caption().translations] == ["pocket"]
    story.tell(interim(2, "two"))
    assert story.caption().source.text == "two"
    story.clear()
    assert story.caption().source is None


def test_what_was_said_leaves_the_screen_when_it_is_cleared(board):
    story = Story(board.snapshot(), "pocket-1a2b")
    story.tell(final(1, "Hello.", "Hola."))
    story.clear()
    assert "Hello." not in str(story.caption())
    story.tell(dropped(2))
    assert "Hello." not in str(story.caption())


def test_a_device_that_identifies_itself_shows_its_name_until_something_is_said(board):
    story = Story(board.snapshot(), "pocket-1a2b")
    story.tell(final(1, "Hello.", "Hola."))
    story.identify()
    assert story.caption().source is None
    assert story.caption().translations == (CaptionLine("", "pocket-1a2b", 11),)
    story.tell(interim(2, "And"))
    assert story.caption().source.text == "And"
