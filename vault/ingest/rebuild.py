"""Rebuild what people look at: pixels only, so that no action, script, attachment, EXIF or position survives."""

from collections.abc import Sequence
from io import BytesIO

from PIL import Image

LONGEST_SIDE = 3200
"""Pixels; a page of A4 at 270 dpi, more than a screen shows."""
_PHOTO_QUALITY = 85
_PAGE_QUALITY = 75


def jpeg_copy(image: Image.Image) -> bytes:
    """Return a :func:`flattened` image as a JPEG without any metadata, itself reduced to :data:`LONGEST_SIDE`.

    The same pixels give the same bytes.
    """
    if max(image.size) > LONGEST_SIDE:
        image.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.BILINEAR, reducing_gap=2.0)
    out = BytesIO()
    image.save(out, "JPEG", quality=_PHOTO_QUALITY, exif=b"", icc_profile=None, comment=b"")
    return out.getvalue()


def pdf_copy(pages: Sequence[Image.Image], *, dpi: float) -> bytes:
    """Return a fresh PDF whose pages are ``pages``, drawn at ``dpi``; no dates, so same pixels, same bytes."""
    out = BytesIO()
    first, *others = pages
    first.save(
        out,
        "PDF",
        save_all=True,
        append_images=others,
        resolution=dpi,
        quality=_PAGE_QUALITY,
        title=None,
        creationDate=None,
        modDate=None,
    )
    return out.getvalue()


def flattened(image: Image.Image) -> Image.Image:
    """Return a new grey or colour image on white, without what was attached to ``image``."""
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        layered = image.convert("RGBA")
        paper = Image.new("RGBA", layered.size, "white")
        paper.alpha_composite(layered)
        return paper.convert("RGB")
    flat = image.convert("L" if image.mode in ("1", "L") else "RGB")
    flat.info = {}
    return flat
