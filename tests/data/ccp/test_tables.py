from jppnet_tf.data.ccp import tables
from jppnet_tf.labels import IGNORE, LIP


def test_all_59_tags_have_one_class():
    assert len(tables.CLASSES) == 59
    names = {tag: LIP.names[i] for tag, i in tables.CLASSES.items() if i != IGNORE}
    assert (
        names["jeans"] == "pants" and names["blazer"] == "coat" and names["purse"] == "background"
    )
    assert names["tights"] == "socks" and names["romper"] == "jumpsuits"


def test_what_must_be_shared_out_or_is_unknown_has_no_class():
    lists = (tables.SKIN, tables.SHOES, tables.SUIT, tables.UNKNOWN)
    tags = [tag for tags in lists for tag in tags]
    assert len(tags) == len(set(tags)) == 21
    assert {tables.CLASSES[tag] for tag in tags} == {IGNORE}
