"""The values that the Hub knows: licences, tasks, sizes. Facts of 2026; a newer one needs a word here. Pure.

Licences: https://huggingface.co/docs/hub/repositories-licenses. Tasks: `PIPELINE_DATA` of the npm package
`@huggingface/tasks` 0.21.54.
"""

from __future__ import annotations

from typing import Final


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


SPDX: Final = {
    name.lower(): name
    for name in _words(
        "Apache-2.0 MIT AFL-3.0 Artistic-2.0 BSL-1.0 BSD-2-Clause BSD-3-Clause BSD-3-Clause-Clear CC0-1.0 "
        "CC-BY-2.0 CC-BY-2.5 CC-BY-3.0 CC-BY-4.0 CC-BY-SA-3.0 CC-BY-SA-4.0 CC-BY-NC-2.0 CC-BY-NC-3.0 "
        "CC-BY-NC-4.0 CC-BY-ND-4.0 CC-BY-NC-ND-3.0 CC-BY-NC-ND-4.0 CC-BY-NC-SA-2.0 CC-BY-NC-SA-3.0 "
        "CC-BY-NC-SA-4.0 CDLA-Sharing-1.0 CDLA-Permissive-1.0 CDLA-Permissive-2.0 WTFPL ECL-2.0 EPL-1.0 "
        "EPL-2.0 etalab-2.0 EUPL-1.1 EUPL-1.2 ISC LPPL-1.3c MS-PL MPL-2.0 OSL-3.0 PostgreSQL OFL-1.1 NCSA "
        "Unlicense Zlib"
    )
} | {"c-uda": "C-UDA-1.0", "odc-by": "ODC-By-1.0", "odbl": "ODbL-1.0", "pddl": "PDDL-1.0"}
"""Licences that the SPDX list has too, and its name for them."""

LICENSES: Final = SPDX.keys() | _words(
    "openrail bigscience-openrail-m creativeml-openrail-m bigscience-bloom-rail-1.0 bigcode-openrail-m bsd "
    "cc agpl-3.0 gfdl gpl gpl-2.0 gpl-3.0 lgpl lgpl-2.1 lgpl-3.0 h-research intel-research apple-ascl "
    "apple-amlr openmdw-1.0 openrail++ lgpl-lr deepfloyd-if-license fair-noncommercial-research-license "
    "llama2 llama3 llama3.1 llama3.2 llama3.3 llama4 grok2-community gemma unknown other"
)

TASKS: Final = _words(
    "text-classification token-classification table-question-answering question-answering "
    "zero-shot-classification translation summarization feature-extraction text-generation fill-mask "
    "sentence-similarity text-to-speech text-to-audio automatic-speech-recognition audio-to-audio "
    "audio-classification audio-text-to-text voice-activity-detection depth-estimation "
    "image-classification object-detection image-segmentation text-to-image image-to-text image-to-image "
    "image-to-video unconditional-image-generation video-classification reinforcement-learning robotics "
    "tabular-classification tabular-regression tabular-to-text table-to-text multiple-choice text-ranking "
    "text-retrieval time-series-forecasting text-to-video image-text-to-text image-text-to-image "
    "image-text-to-video visual-question-answering document-question-answering "
    "zero-shot-image-classification graph-ml mask-generation zero-shot-object-detection text-to-3d "
    "image-to-3d image-feature-extraction video-text-to-text keypoint-detection "
    "visual-document-retrieval any-to-any video-to-video text2text-generation other"
)
"""With `text2text-generation`, which the Hub once had and still takes."""

TASK_IDS: Final = _words(
    "acceptability-classification entity-linking-classification fact-checking intent-classification "
    "language-identification multi-class-classification multi-label-classification "
    "multi-input-text-classification natural-language-inference semantic-similarity-classification "
    "sentiment-classification topic-classification semantic-similarity-scoring sentiment-scoring "
    "sentiment-analysis hate-speech-detection text-scoring named-entity-recognition part-of-speech parsing "
    "lemmatization word-sense-disambiguation coreference-resolution extractive-qa open-domain-qa "
    "closed-domain-qa news-articles-summarization news-articles-headline-generation dialogue-modeling "
    "dialogue-generation conversational language-modeling text-simplification explanation-generation "
    "abstractive-qa open-domain-abstractive-qa open-book-qa closed-book-qa text2text-generation "
    "slot-filling masked-language-modeling keyword-spotting speaker-identification "
    "audio-intent-classification audio-emotion-recognition audio-language-identification "
    "multi-label-image-classification multi-class-image-classification face-detection vehicle-detection "
    "instance-segmentation semantic-segmentation panoptic-segmentation image-captioning image-inpainting "
    "image-colorization super-resolution grasping task-planning tabular-multi-class-classification "
    "tabular-multi-label-classification tabular-single-column-regression rdf-to-text multiple-choice-qa "
    "multiple-choice-coreference-resolution document-retrieval utterance-retrieval "
    "entity-linking-retrieval fact-checking-retrieval univariate-time-series-forecasting "
    "multivariate-time-series-forecasting visual-question-answering document-question-answering "
    "pose-estimation"
)

SIZES: Final = _words(
    "n<1K 1K<n<10K 10K<n<100K 100K<n<1M 1M<n<10M 10M<n<100M 100M<n<1B 1B<n<10B 10B<n<100B 100B<n<1T n>1T "
    "other unknown"
)
