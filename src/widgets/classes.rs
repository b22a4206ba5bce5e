//! The classes of widgets, as data: what they are made of, which methods they know, what they tell, and which of them the
//! page draws.
//!
//! Imports nothing of ours. Invariant: a name that is not here is an unknown class, method or action, whoever says it.

mod controls;
mod display;
mod layout;
mod menus;
mod tables;
mod texts;
mod windows;

/// What sort of thing a class is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// It is seen.
    Visual,
    /// It is seen and others stand in it.
    Container,
    /// It is seen and has rows and columns.
    Table,
    /// It has no place in the page: a timer, a dialog of the system.
    Hidden,
}

/// A class of widgets.
#[derive(Debug)]
pub struct Class {
    pub name: &'static str,
    pub kind: Kind,
    /// The names of the arguments of `create`, in order; an object of options may follow.
    pub positional: &'static [&'static str],
    pub options: &'static [&'static str],
    /// Its own methods, each with the names of its parameters behind it. What all of its kind know comes from the kind.
    pub methods: &'static [&'static str],
    /// What it tells: a list it shares with others, and its own.
    pub callbacks: [&'static [&'static str]; 2],
    /// The page draws it.
    pub built: bool,
}

impl PartialEq for Class {
    /// Each stands in the table once.
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

/// What everything that is seen knows.
const VISUAL: &[&str] = &[
    "get_element",
    "set_border_width width",
    "set_border_color color",
    "set_bg color",
    "set_min_size width height",
    "set_max_size width height",
    "set_expanding horizontal vertical",
    "get_expanding",
    "resize width height",
    "get_size",
    "get_position",
    "set_padding padding",
    "set_font font size weight style",
    "set_enabled tf",
    "get_enabled",
    "set_tooltip msg",
    "get_tooltip",
    "is_container",
    "set_allow_text_selection tf",
    "show",
    "hide",
    "is_visible",
    "set_focus",
    "add_cursor name url hotspot_x hotspot_y size",
    "set_cursor name",
];

/// What everything knows.
const EVERYTHING: &[&str] = &["destroy"];

/// What everything knows in which others stand.
const CONTAINER: &[&str] =
    &["get_children", "num_children", "remove child destroy", "remove_widget child destroy", "remove_all destroy"];

/// What everything that is seen tells.
const SEEN: &[&str] = &["resize", "map"];

/// What containers of many tell.
const CHILDREN: &[&str] = &["child-added", "child-removed"];

/// What tells of the pointer, the keyboard and things that are dropped.
const POINTER: &[&str] = &[
    "pointer-down",
    "pointer-up",
    "pointer-move",
    "enter",
    "leave",
    "click",
    "dblclick",
    "scroll",
    "key-down",
    "key-up",
    "key-press",
    "focus-in",
    "focus-out",
    "drop-start",
    "drop-end",
    "drag-over",
    "drop-progress",
    "contextmenu",
];

/// The classes whose text people type: it is shared.
const TYPED: [&str; 3] = ["TextEntry", "TextEntrySet", "TextArea"];

/// All classes.
pub fn all() -> impl Iterator<Item = &'static Class> {
    let groups = [
        layout::CLASSES,
        windows::CLASSES,
        controls::CLASSES,
        texts::CLASSES,
        tables::CLASSES,
        display::CLASSES,
        menus::CLASSES,
    ];
    groups.into_iter().flatten()
}

/// The class of a name.
pub fn find(name: &str) -> Option<&'static Class> {
    all().find(|class| class.name == name)
}

/// A method: its name and the names of its parameters.
pub type Method = (&'static str, Vec<&'static str>);

impl Class {
    /// All methods it knows, its own first.
    pub fn all_methods(&self) -> impl Iterator<Item = Method> + use<> {
        let seen = if self.kind == Kind::Hidden { &[] } else { VISUAL };
        let more = match self.kind {
            Kind::Container => CONTAINER,
            Kind::Table => tables::METHODS,
            Kind::Visual | Kind::Hidden => &[],
        };
        let lists = [self.methods, seen, more, EVERYTHING];
        lists.into_iter().flatten().filter_map(|line| {
            let mut words = line.split(' ');
            Some((words.next()?, words.collect()))
        })
    }

    /// The names of the parameters of a method; `None` if it has no such method.
    pub fn method(&self, name: &str) -> Option<Vec<&'static str>> {
        self.all_methods().find(|(known, _)| *known == name).map(|(_, parameters)| parameters)
    }

    /// Everything it may tell.
    pub fn actions(&self) -> impl Iterator<Item = &'static str> + use<> {
        let seen = if self.kind == Kind::Hidden { &[] } else { SEEN };
        let typed: &[&str] = if self.is_typed() { &["modified"] } else { &[] };
        let [shared, own] = self.callbacks;
        [own, shared, typed, seen].into_iter().flatten().copied()
    }

    /// Whether it may tell this.
    pub fn tells(&self, action: &str) -> bool {
        self.actions().any(|known| known == action)
    }

    /// Whether people type its text.
    pub fn is_typed(&self) -> bool {
        TYPED.contains(&self.name)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn pg_15_the_table_has_every_class_of_the_protocol_once_and_no_name_twice() {
        let names: BTreeSet<_> = all().map(|class| class.name).collect();
        assert_eq!((all().count(), names.len()), (52, 52));
        for class in all() {
            let options: BTreeSet<_> = class.positional.iter().chain(class.options).collect();
            assert_eq!(options.len(), class.positional.len() + class.options.len(), "{}", class.name);
            let own: BTreeSet<_> = class.methods.iter().map(|line| line.split(' ').next()).collect();
            assert_eq!(own.len(), class.methods.len(), "{}", class.name);
        }
    }

    #[test]
    fn a_class_knows_its_own_methods_and_those_of_its_kind() {
        let slider = find("Slider").unwrap();
        assert_eq!(slider.method("set_limits").unwrap(), ["minval", "maxval", "incrval"]);
        assert_eq!(slider.method("set_tooltip").unwrap(), ["msg"]);
        assert!(slider.method("destroy").is_some() && slider.method("remove_all").is_none());
        assert!(find("VBox").unwrap().method("remove_all").is_some());
        assert!(find("Timer").unwrap().method("show").is_none());
        assert!(find("TextArea").unwrap().tells("modified") && !find("Slider").unwrap().tells("modified"));
        assert!(find("Nothing").is_none());
    }
}
