"""A list of offers and needs for forums of the defence industry, to start from."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from forum_scheduler.forums.description import CapabilityDescription

# code, English, Ukrainian, entries (code, English, Ukrainian)
_TREE: Final = (
    ("uas", "Unmanned aircraft", "Безпілотні літальні апарати", (
        ("fpv", "FPV drones", "FPV-дрони"),
        ("recon", "Reconnaissance drones", "Розвідувальні дрони"),
        ("strike", "Long-range unmanned aircraft", "Безпілотники великої дальності"),
        ("parts", "Drone motors and frames", "Двигуни та рами для дронів"),
        ("control", "Flight control and navigation", "Системи керування польотом і навігація"),
    )),
    ("ugv", "Ground and sea robots", "Наземні та морські роботи", (
        ("logistics", "Ground robots for logistics", "Наземні роботи для логістики"),
        ("demining", "Demining robots", "Роботи для розмінування"),
        ("usv", "Uncrewed surface vessels", "Безекіпажні катери"),
    )),
    ("sense", "Sensors", "Сенсори", (
        ("radar", "Radar", "Радіолокаційні станції"),
        ("optics", "Optics and night vision", "Оптика та нічне бачення"),
        ("acoustic", "Acoustic detection", "Акустичне виявлення"),
        ("sigint", "Radio reconnaissance", "Радіорозвідка"),
    )),
    ("ew", "Electronic warfare", "Радіоелектронна боротьба", (
        ("jamming", "Jamming of drones", "Придушення дронів"),
        ("resilient", "Jam-resistant links", "Захищені від завад канали зв’язку"),
    )),
    ("c2", "Command and communication", "Управління та зв’язок", (
        ("software", "Situational awareness software", "Програми ситуаційної обізнаності"),
        ("radio", "Tactical radio", "Тактичний радіозв’язок"),
        ("satcom", "Satellite communication", "Супутниковий зв’язок"),
        ("cyber", "Cyber security", "Кібербезпека"),
        ("ai", "Machine vision and AI", "Машинний зір і штучний інтелект"),
    )),
    ("protect", "Protection", "Захист", (
        ("armour", "Vehicle armour", "Бронювання машин"),
        ("personal", "Body armour and helmets", "Бронежилети та шоломи"),
        ("shelters", "Modular shelters", "Модульні укриття"),
        ("medical", "Field medicine", "Тактична медицина"),
    )),
    ("ammo", "Ammunition and energetics", "Боєприпаси та енергетичні матеріали", (
        ("artillery", "Artillery shells", "Артилерійські снаряди"),
        ("propellant", "Propellants and charges", "Порохи та заряди"),
        ("fuzes", "Fuzes", "Підривники"),
    )),
    ("make", "Production", "Виробництво", (
        ("cnc", "Precision machining", "Прецизійна механообробка"),
        ("composites", "Composites", "Композитні матеріали"),
        ("electronics", "Electronics assembly", "Складання електроніки"),
        ("batteries", "Batteries", "Акумулятори"),
        ("steel", "Armour steel", "Броньова сталь"),
        ("printing", "Additive manufacturing", "Адитивне виробництво"),
    )),
    ("support", "Services", "Послуги", (
        ("testing", "Test ranges and certification", "Полігони та сертифікація"),
        ("repair", "Repair and overhaul", "Ремонт і відновлення"),
        ("training", "Training and simulators", "Навчання та тренажери"),
        ("finance", "Finance and insurance", "Фінансування та страхування"),
    )),
)  # fmt: skip


@lru_cache(maxsize=1)
def tree() -> tuple[CapabilityDescription, ...]:
    """Groups with their entries, named in English and Ukrainian."""
    return tuple(
        CapabilityDescription(
            code=code,
            names={"en": english, "uk": ukrainian},
            children=tuple(
                CapabilityDescription(code=f"{code}.{child}", names={"en": en, "uk": uk})
                for child, en, uk in children
            ),
        )
        for code, english, ukrainian, children in _TREE
    )


@lru_cache(maxsize=1)
def leaves() -> tuple[CapabilityDescription, ...]:
    """The entries that companies offer and need."""
    return tuple(child for group in tree() for child in group.children)


def text() -> str:
    """The whole list as ``outline`` reads it."""
    lines = []
    for group in tree():
        lines.append(f"{group.code} | {group.names['en']} | {group.names['uk']}")
        lines += [f"  {child.code} | {child.names['en']} | {child.names['uk']}" for child in group.children]
    return "\n".join(lines)
