"""What kind of file the bytes are, judged by content and never by name; refuses what cannot be a sheet."""

import io
import re
import zipfile

from carecore.sheets.errors import UnreadableFile
from carecore.sheets.grids import Limits

SAVE_AS = "请用WPS或Excel打开后“另存为”.xlsx再上传"
OLE2 = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
FOREIGN = (
    (b"\x89PNG", "图片"),
    (b"\xff\xd8\xff", "图片"),
    (b"GIF8", "图片"),
    (b"%PDF", "PDF文件"),
    (b"{\\rtf", "Word文档"),
    (b"Rar!", "压缩包"),
    (b"7z\xbc\xaf", "压缩包"),
    (b"\x1f\x8b", "压缩包"),
)
# What else a zip archive can be, by a name that only that kind holds.
ZIP_KINDS = (
    ("word/document.xml", "Word文档"),
    ("ppt/presentation.xml", "PPT演示文稿"),
    ("xl/workbook.bin", ".xlsb工作簿"),
    ("content.xml", ".ods表格"),
)
UTF16 = (b"\xff\xfe", b"\xfe\xff")
WORD_STREAM = "WordDocument".encode("utf-16-le")
SLIDES_STREAM = "PowerPoint Document".encode("utf-16-le")
# The first record of an encrypted .xls, right behind its beginning or its write protection.
FILEPASS = re.compile(rb"\x09\x08\x10\x00\x00\x06\x05\x00.{12}(?:\x86\x00\x00\x00)?\x2f\x00", re.DOTALL)
ENCRYPTED_STREAM = "EncryptedPackage".encode("utf-16-le")


def kind(data: bytes, limits: Limits) -> str:
    """Return xlsx, xls, html or text; raises UnreadableFile for everything else and for a file too large."""
    if not data.strip(b"\x00 \t\r\n\xef\xbb\xbf"):
        raise UnreadableFile("file.empty", "文件是空的,请重新选择文件")
    if len(data) > limits.file_bytes:
        size = limits.file_bytes // 1024 // 1024
        raise UnreadableFile("file.too_large", f"文件超过{size}MB,请拆分后分次上传")
    if data.startswith(b"PK"):
        return "xlsx"
    if data.startswith(OLE2):
        _require_workbook(data)
        return "xls"
    for magic, what in FOREIGN:
        if data.startswith(magic):
            raise _foreign(what)
    return _kind_of_text(data)


def _kind_of_text(data: bytes) -> str:
    head = data[:4096].lower().replace(b"\x00", b"")
    if b"<workbook" in head or b"excel.sheet" in head:
        raise UnreadableFile("file.xml", f"这是XML格式的表格,{SAVE_AS}")
    if head.lstrip(b"\xef\xbb\xbf\xff\xfe \r\n\t").startswith(b"<"):
        if b"<table" in data.lower().replace(b"\x00", b""):
            return "html"
        raise UnreadableFile("file.no_table", f"文件中没有表格,{SAVE_AS}")
    if b"\x00" in data and not data.startswith(UTF16):
        raise _foreign("无法识别的文件")
    return "text"


def _foreign(what: str) -> UnreadableFile:
    return UnreadableFile("file.kind", f"这是{what},不是表格,请上传.xlsx、.xls或.csv文件")


def _require_workbook(data: bytes) -> None:
    """Raise UnreadableFile when an OLE2 file is encrypted or a document of Word or PowerPoint."""
    if ENCRYPTED_STREAM in data or FILEPASS.search(data):
        raise password()
    if WORD_STREAM in data:
        raise _foreign("Word文档")
    if SLIDES_STREAM in data:
        raise _foreign("PPT演示文稿")


def password() -> UnreadableFile:
    """Return the refusal of a protected file."""
    return UnreadableFile("file.password", "文件已加密,请取消打开密码后再上传")


def damaged() -> UnreadableFile:
    """Return the refusal of a file that breaks while being read."""
    return UnreadableFile("file.damaged", f"文件已损坏、不完整或内容范围过大,{SAVE_AS}")


def check_archive(data: bytes, limits: Limits) -> list[str]:
    """Return warnings about a zip archive; raises UnreadableFile before anything of it is unpacked."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        raise damaged() from None
    names = {entry.filename for entry in entries}
    for name, what in ZIP_KINDS:
        if name in names:
            raise UnreadableFile("file.kind", f"这是{what},{SAVE_AS}")
    if not any(name.lower().endswith("workbook.xml") for name in names):
        raise _foreign("压缩包")
    if any(entry.flag_bits & 1 for entry in entries):
        raise password()
    _require_size(entries, len(data), limits)
    return _ignored(names)


def _require_size(entries: list[zipfile.ZipInfo], packed: int, limits: Limits) -> None:
    unpacked = sum(entry.file_size for entry in entries)
    if len(entries) > limits.entries or unpacked > limits.unpacked_bytes or unpacked > packed * limits.ratio:
        raise UnreadableFile(
            "file.bomb",
            f"文件解压后异常庞大({unpacked // 1024 // 1024}MB),请删除多余的空行空列和图片后再上传",
        )


def _ignored(names: set[str]) -> list[str]:
    warnings = []
    if any(name.endswith("vbaProject.bin") for name in names):
        warnings.append("文件含有宏,宏未运行")
    if any("externalLinks/" in name for name in names):
        warnings.append("文件引用了其他工作簿,引用未更新,按文件中保存的数值读取")
    return warnings
