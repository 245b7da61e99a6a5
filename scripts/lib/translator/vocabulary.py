"""The vocabulary: one SentencePiece model for all languages, with a token for each language and each placeholder."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import sentencepiece

from scripts.lib.translator.corpus import PLACEHOLDERS, Pair, as_recognized, tag

#: Ids; `PAD` of the network is the first.
UNKNOWN, BEGIN, END = 1, 2, 3
#: A character that stands in fewer of the sentences may stay unknown.
_COMMON = 20


def learn(pairs: Iterable[Pair], languages: Iterable[str], size: int, path: Path) -> None:
    """Learn a vocabulary from both sides of the pairs, as written and as recognized, into ``path``."""
    sentences = {side for pair in pairs for side in (pair.source, pair.target)}
    text = sorted(sentences) + sorted({as_recognized(each) for each in sentences})
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(text),
        model_prefix=str(path.with_suffix("")),
        vocab_size=size,
        model_type="unigram",
        character_coverage=1.0,
        required_chars="".join(_common_characters(sentences)),
        user_defined_symbols=[*(tag(each) for each in sorted(languages)), *PLACEHOLDERS],
        pad_id=0,
        unk_id=UNKNOWN,
        bos_id=BEGIN,
        eos_id=END,
        normalization_rule_name="nmt_nfkc",
        input_sentence_size=400_000,
        shuffle_input_sentence=True,
        minloglevel=2,
    )
    path.with_suffix(".vocab").unlink()
    path.with_suffix(".model").replace(path)


def lacking(pairs: Iterable[Pair], vocabulary: Vocabulary) -> list[str]:
    """Return the common characters of the pairs that a vocabulary does not know: of German, *Ä* was one."""
    common = _common_characters({side for pair in pairs for side in (pair.source, pair.target)})
    return [each for each in common if UNKNOWN in vocabulary.pieces.encode(each)]


def extend(path: Path, characters: list[str], into: Path) -> None:
    """Write the vocabulary of ``path`` with characters added behind its tokens, whose ids stay."""
    from sentencepiece import sentencepiece_model_pb2  # noqa: PLC0415 -- needs protobuf, which nothing else here does

    model = sentencepiece_model_pb2.ModelProto()
    model.ParseFromString(path.read_bytes())
    rarest = min(piece.score for piece in model.pieces)
    for each in characters:
        model.pieces.add(piece=each, score=rarest, type=model.SentencePiece.NORMAL)
    unfinished = into.with_suffix(".part")
    unfinished.write_bytes(model.SerializeToString())
    unfinished.replace(into)


def _common_characters(sentences: Iterable[str]) -> list[str]:
    counted = Counter(char for sentence in sentences for char in set(sentence) if not char.isspace())
    return sorted(char for char, count in counted.items() if count >= _COMMON)


class Vocabulary:
    """Sentences to token ids."""

    def __init__(self, path: Path) -> None:
        self.pieces = sentencepiece.SentencePieceProcessor(model_file=str(path))

    def __len__(self) -> int:
        return int(self.pieces.vocab_size())

    def tokens(self) -> list[str]:
        """Return every token, by id."""
        return [self.pieces.id_to_piece(at) for at in range(len(self))]

    def languages(self) -> set[str]:
        """Return the languages that it was learnt for."""
        return {token[2:-2] for token in self.tokens() if token.startswith(">>") and token.endswith("<<")}

    def encode(self, pairs: list[Pair], sampling: float = 0.0) -> list[tuple[list[int], list[int]]]:
        """Return source and target ids of pairs: language tag … end; begin … end.

        With ``sampling``, sources are cut into pieces at random, the likelier ways oftener the more it is (Kudo,
        Subword Regularization, https://arxiv.org/abs/1804.10959); at 0.3, every other one otherwise than likeliest.
        """
        cut = {"enable_sampling": True, "alpha": sampling, "nbest_size": -1} if sampling else {}
        sources = self.pieces.encode([pair.source for pair in pairs], **cut)
        targets = self.pieces.encode([pair.target for pair in pairs])
        return [
            ([self.pieces.piece_to_id(tag(pair.target_language)), *source, END], [BEGIN, *target, END])
            for pair, source, target in zip(pairs, sources, targets, strict=True)
        ]
