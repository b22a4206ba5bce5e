//! Menus, tool bars and their actions.
//!
//! Facts of the protocol, as data. Invariant: one row for each class, its methods with the names of their parameters.

use super::{Class, Kind};

pub(super) const CLASSES: &[Class] = &[
    Class {
        name: "MenuBar",
        kind: Kind::Container,
        positional: &[],
        options: &[],
        methods: &["add_menu menu name options", "add_name name", "get_menu name"],
        callbacks: [&[], &[]],
        built: true,
    },
    Class {
        name: "Menu",
        kind: Kind::Container,
        positional: &[],
        options: &[],
        methods: &[
            "add_widget child",
            "add_name name checkable",
            "add_menu name menu",
            "add_separator",
            "get_menu name",
            "popup x y",
        ],
        callbacks: [&[], &[]],
        built: true,
    },
    Class {
        name: "MenuAction",
        kind: Kind::Visual,
        positional: &[],
        options: &["text", "icon_url", "iconsize", "checkable", "name", "icon_only"],
        methods: &[
            "set_text text",
            "get_text",
            "set_icon url iconsize",
            "set_checked checked",
            "get_checked",
            "set_state tf",
            "get_state",
        ],
        callbacks: [&[], &["activated"]],
        built: true,
    },
    Class {
        name: "ToolBar",
        kind: Kind::Container,
        positional: &[],
        options: &["orientation"],
        methods: &["add_widget child", "add_separator", "add_spacer", "add_action options"],
        callbacks: [&[], &[]],
        built: true,
    },
    Class {
        name: "ToolBarAction",
        kind: Kind::Visual,
        positional: &[],
        options: &["text", "icon_url", "iconsize", "toggle", "group", "menu"],
        methods: &[
            "set_text text",
            "get_text",
            "set_icon url iconsize",
            "set_state value",
            "get_state",
            "set_menu menu",
        ],
        callbacks: [&[], &["activated"]],
        built: true,
    },
];
