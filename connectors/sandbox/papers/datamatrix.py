"""Draws a code as a Data Matrix."""

import zxingcpp
from PIL import Image


def data_matrix(code: bytes, *, module: int = 8) -> Image.Image:
    """Return ``code`` as a black and white Data Matrix of ``module`` pixels a module, with its quiet zone."""
    content = code.decode("ascii") if code.isascii() else code
    barcode = zxingcpp.create_barcode(content, zxingcpp.BarcodeFormat.DataMatrix)
    drawn = zxingcpp.write_barcode_to_image(barcode, scale=module, add_quiet_zones=True)
    view = memoryview(drawn)  # type: ignore[arg-type]  # it is a buffer, which its stubs do not say
    height, width = view.shape or (0, 0)
    return Image.frombytes("L", (width, height), view.tobytes())
