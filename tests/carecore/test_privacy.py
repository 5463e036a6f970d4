import base64

import pytest
from django.core.exceptions import FieldError

from carecore import privacy
from carecore.models import Person

NUMBER = "379999199001012890"
OTHER_KEY = bytes(range(16))


def test_the_same_text_is_encrypted_differently_each_time():
    first, second = (privacy.encrypt(NUMBER, "person.id") for _ in range(2))
    assert first != second
    assert NUMBER not in first
    assert privacy.decrypt(first, "person.id") == privacy.decrypt(second, "person.id") == NUMBER


@pytest.mark.parametrize("position", [0, 12, -1], ids=["nonce", "text", "tag"])
def test_a_changed_value_is_noticed(position):
    key_id, _, body = privacy.encrypt(NUMBER, "person.id").partition(":")
    sealed = bytearray(base64.b64decode(body))
    sealed[position] ^= 1
    with pytest.raises(privacy.DecryptionError, match="person.id: the stored value was changed"):
        privacy.decrypt(f"{key_id}:{base64.b64encode(sealed).decode()}", "person.id")


@pytest.mark.parametrize("body", ["", "no base64!", "QUJD"])
def test_a_broken_value_is_noticed(body):
    key_id = privacy.encrypt(NUMBER, "person.id").partition(":")[0]
    with pytest.raises(privacy.DecryptionError):
        privacy.decrypt(f"{key_id}:{body}", "person.id")


def test_a_value_moved_to_another_column_is_noticed():
    with pytest.raises(privacy.DecryptionError):
        privacy.decrypt(privacy.encrypt(NUMBER, "person.phone"), "person.id")


def test_another_key_is_named_and_an_old_one_still_reads(settings):
    stored = privacy.encrypt(NUMBER, "person.id")
    key_id, old_key = stored.partition(":")[0], settings.CARE_FIELD_KEY
    settings.CARE_FIELD_KEY = OTHER_KEY
    with pytest.raises(privacy.DecryptionError, match=f"encrypted with key {key_id}"):
        privacy.decrypt(stored, "person.id")
    settings.CARE_FIELD_KEYS_OLD = [old_key]
    assert privacy.decrypt(stored, "person.id") == NUMBER
    assert privacy.encrypt(NUMBER, "person.id").partition(":")[0] != key_id


def test_an_encrypted_column_takes_no_search():
    with pytest.raises(FieldError, match="carecore.person.id_number is encrypted"):
        Person.objects.filter(id_number=NUMBER)
    with pytest.raises(FieldError):
        Person.objects.filter(id_number__contains="3799")


def test_an_encrypted_column_holds_no_plain_text():
    field = Person._meta.get_field("id_number")
    stored = field.get_prep_value(NUMBER)
    assert stored != NUMBER
    assert field.from_db_value(stored) == NUMBER
    assert [field.get_prep_value(value) for value in (None, "")] == [None, ""]


def test_a_blind_index_is_equal_for_equal_values_of_one_purpose_under_one_key(settings):
    index = privacy.blind_index(NUMBER, "person.id_number")
    assert index == privacy.blind_index(NUMBER, "person.id_number")
    assert len(index) == 64
    assert index != privacy.blind_index(NUMBER, "person.phone")
    assert index != privacy.blind_index(NUMBER[:-1] + "1", "person.id_number")
    settings.CARE_INDEX_KEY = OTHER_KEY
    assert index != privacy.blind_index(NUMBER, "person.id_number")


def test_a_digest_says_only_whether_a_value_changed():
    assert privacy.digest(NUMBER) == privacy.digest(NUMBER)
    assert privacy.digest(NUMBER) not in {privacy.blind_index(NUMBER, "audit"), NUMBER, ""}
    assert [privacy.digest(value) for value in (None, "")] == ["", ""]
    assert privacy.digest(0) != ""


@pytest.mark.parametrize(
    ("mask", "plain", "masked"),
    [
        (privacy.mask_id, NUMBER, "379***********2890"),
        (privacy.mask_id, "", ""),
        (privacy.mask_id, "1234567", "*******"),
        (privacy.mask_phone, "13912343860", "139****3860"),
        (privacy.mask_name, "张三", "张*"),
        (privacy.mask_name, "欧阳修远", "欧**远"),
        (privacy.mask_name, "张", "张*"),
    ],
)
def test_masks(mask, plain, masked):
    assert mask(plain) == masked
