"""Syllables and words that the demo's fictional names are made of."""

from __future__ import annotations

from typing import Final

STEM_STARTS: Final = (
    "Ald", "Bren", "Corv", "Drav", "Esk", "Falk", "Gald", "Hav", "Ilv", "Jorv", "Kelm", "Lus", "Mird",
    "Nord", "Ostr", "Pell", "Quil", "Ravn", "Silv", "Tarn", "Umbr", "Vant", "Westr", "Ylv", "Zelm",
)  # fmt: skip
STEM_ENDS: Final = (
    "mar",
    "avia",
    "idane",
    "ento",
    "elund",
    "oris",
    "erra",
    "holt",
    "moor",
    "andel",
    "ica",
    "ero",
)
TRADES: Final = (
    "Aeronautics", "Systems", "Dynamics", "Optronics", "Robotics", "Composites", "Marine", "Electronics",
    "Mechanics", "Steel", "Signals", "Software", "Energetics", "Protection", "Precision", "Training",
)  # fmt: skip
# country -> (how often, ending of a company's name, languages of its people beside English)
EU: Final[dict[str, tuple[int, str, tuple[str, ...]]]] = {
    "DE": (15, "GmbH", ("de",)), "FR": (14, "SAS", ("fr",)), "PL": (10, "sp. z o.o.", ("pl",)),
    "IT": (9, "S.r.l.", ("it",)), "BE": (8, "NV", ("fr", "nl")), "NL": (7, "B.V.", ("nl", "de")),
    "ES": (6, "S.L.", ("es", "fr")), "SE": (6, "AB", ("sv",)), "CZ": (6, "s.r.o.", ("cs", "de")),
    "FI": (4, "Oy", ("fi", "sv")), "AT": (4, "GmbH", ("de",)), "DK": (3, "ApS", ("da",)),
    "EE": (3, "OÜ", ("et",)), "LT": (3, "UAB", ("lt",)), "LV": (2, "SIA", ("lv",)),
    "RO": (3, "SRL", ("ro", "fr")), "PT": (2, "Lda", ("pt", "fr")), "SK": (2, "s.r.o.", ("sk",)),
    "GR": (1, "A.E.", ("el",)), "HR": (1, "d.o.o.", ("hr",)), "IE": (1, "Ltd", ()),
}  # fmt: skip
EU_FIRST: Final = (
    "Anna", "Bruno", "Clara", "David", "Elena", "Felix", "Greta", "Hugo", "Ines", "Jonas", "Katrin", "Lukas",
    "Marta", "Niels", "Olga", "Pierre", "Renata", "Simon", "Teresa", "Viktor", "Alice", "Bernd", "Chiara",
    "Emil", "Freya", "Henrik", "Isabel", "Jakub", "Lena", "Matteo", "Nora", "Oskar", "Paula", "Rasmus",
    "Sofia", "Tomas", "Ulrike", "Yves", "Zofia", "Adrian",
)  # fmt: skip
EU_LAST: Final = (
    "Abendrot", "Birkmoor", "Castelmar", "Dunavel", "Ekstrand", "Ferrantel", "Grunwaldt", "Havelmann",
    "Isarholm", "Jasperin", "Kolbeck", "Lindquell", "Marvanne", "Nowalski", "Olmendo", "Petrusco",
    "Quintarel", "Rosenholt", "Sandmark", "Tavernel", "Ulmgren", "Verhoeck", "Westergo", "Ysermans",
    "Zandvoor", "Arvidell", "Brunetto", "Cernavik", "Delacour", "Eichblatt", "Fontanel", "Gallimard",
)  # fmt: skip
# Ukrainian word and its Latin form (resolution 55 of 2010)
UA_STEMS: Final = (
    ("Буревій", "Burevii"), ("Зоревій", "Zorevii"), ("Степокрил", "Stepokryl"),
    ("Чорноліс", "Chornolis"), ("Світлояр", "Svitloiar"), ("Синьогір", "Synohir"),
    ("Дніпровир", "Dniprovyr"), ("Карпатика", "Karpatyka"), ("Громовиця", "Hromovytsia"),
    ("Калинець", "Kalynets"), ("Вітролам", "Vitrolam"), ("Яструбець", "Yastrubets"),
    ("Залізняр", "Zalizniar"), ("Соколина", "Sokolyna"), ("Перунець", "Perunets"),
    ("Хорталія", "Khortaliia"), ("Мавкобір", "Mavkobir"), ("Тризорець", "Tryzorets"),
    ("Верховир", "Verkhovyr"), ("Лугосвіт", "Luhosvit"), ("Січеслав", "Sicheslav"),
    ("Рясногір", "Riasnohir"), ("Оболонець", "Obolonets"), ("Полісвіт", "Polisvit"),
    ("Кремінець", "Kreminets"), ("Славозор", "Slavozor"), ("Білокрил", "Bilokryl"),
    ("Вежа-Дон", "Vezha-Don"), ("Горицвіт", "Horytsvit"), ("Ярополь", "Yaropol"),
)  # fmt: skip
UA_TRADES: Final = (
    ("Динаміка", "Dynamika"), ("Системи", "Systemy"), ("Авіа", "Avia"), ("Робототехніка", "Robototekhnika"),
    ("Оптика", "Optyka"), ("Броня", "Bronia"), ("Зв’язок", "Zviazok"), ("Електроніка", "Elektronika"),
    ("Двигуни", "Dvyhuny"), ("Радар", "Radar"),
)  # fmt: skip
UA_FIRST: Final = (
    "Олена", "Андрій", "Ірина", "Богдан", "Наталія", "Василь", "Оксана", "Дмитро", "Софія", "Тарас",
    "Марія", "Остап", "Юлія", "Назар", "Катерина", "Роман", "Людмила", "Сергій", "Христина", "Павло",
)  # fmt: skip
UA_LAST: Final = (
    "Верболіз", "Зоревич", "Калиносад", "Лісовир", "Медобір", "Нечуйвітер", "Обрійко", "Полинець",
    "Рясний-Луг", "Синицвіт", "Травневич", "Цвітогір", "Чебрик", "Шовковир", "Яворець", "Громовик",
    "Дощик", "Журавлець", "Імлицвіт", "Крайнебо",
)  # fmt: skip
ROLES: Final = (
    ("Export manager", "Менеджер з експорту"), ("Head of sales", "Керівник відділу продажу"),
    ("Chief engineer", "Головний інженер"), ("Chief executive", "Генеральний директор"),
    ("Programme manager", "Керівник програм"), ("Head of purchasing", "Керівник відділу закупівель"),
    ("Product manager", "Продакт-менеджер"), ("Head of research", "Керівник досліджень"),
)  # fmt: skip
BLOCKED_REASONS: Final = (
    "Speaks on a panel",
    "Arrives later",
    "Leaves early",
    "Meeting elsewhere",
    "Workshop",
)
