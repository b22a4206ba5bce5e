//! What messages of a program do to a session.
//!
//! Invariant: a message is done or refused; whatever it says, the tree stays one.

use serde_json::Value;

use super::{
    Wid, Widgets,
    body::{Body, as_text},
    callback::Callback,
    children::Done,
    classes, groups, limits,
    message::{Call, Create, Message},
    model::{Ask, Command, Widget},
    perform::{Outcome, perform},
    references::{dangling, refer, reference},
    refusal::Refusal,
    reply,
    setup::Setup,
};
use crate::{crdt::text, vocabulary::Millis};

/// What came of a message.
#[derive(Debug, PartialEq)]
pub enum Answer {
    Done(reply::Done),
    /// A page is asked; if none answers, this is the answer.
    Asked {
        ask: String,
        fallback: Option<Value>,
    },
}

/// Methods that put a widget into another. What they put in stands in their arguments.
const PUTTING: [&str; 9] = [
    "add_widget",
    "insert_widget",
    "add_button",
    "add_menu",
    "set_widget",
    "insert_row",
    "append_row",
    "insert_column",
    "append_column",
];

/// Those of them that take nothing out.
const ADDING: [&str; 4] = ["add_widget", "insert_widget", "add_button", "add_menu"];

/// Buttons of which one in a group may be on.
const GROUPED: [&str; 3] = ["RadioButton", "ToggleButton", "ToolBarAction"];

impl Widgets {
    /// Does what a message says.
    pub(super) fn obey(&mut self, message: &Message, now: Millis) -> Result<Answer, Refusal> {
        let done = match message {
            Message::Create(create) => self.create(create)?,
            Message::Call(call) => return self.call(call, now),
            Message::Batch(calls) => self.batch(calls, now),
            Message::Listen { wid, action } => self.listen(*wid, action, true)?,
            Message::Unlisten { wid, action } => self.listen(*wid, action, false)?,
            Message::OpenUrl(url) => self.page_command("open-url", vec![Value::String(url.clone())]),
            Message::RegisterFont(font) => self.register_font(Value::Object(font.clone()))?,
            Message::SetDefaultFont(font) => {
                self.model.page.default_font = Some(font.clone()).filter(|font| !font.is_null());
                self.model.dirty.page = true;
                reply::Done::default()
            }
            Message::BuildStart => self.build_start(),
            Message::BuildEnd => self.build_end()?,
            Message::Title(title) => self.set_title(title),
        };
        Ok(Answer::Done(done))
    }

    fn create(&mut self, create: &Create) -> Result<reply::Done, Refusal> {
        let class = classes::find(&create.class)
            .ok_or_else(|| Refusal::UnknownClass(create.class.chars().take(limits::NAME_MAX).collect()))?;
        if !class.built {
            return Err(Refusal::NotBuilt(class.name));
        }
        self.check_references(&create.args)?;
        let widget = Widget::new(class, create.args.clone(), create.client.clone())?;
        let wid = create.wid.unwrap_or_else(|| self.next_wid());
        self.make(wid, widget)?;
        Ok(reply::Done { wid: Some(wid), next_wid: Some(self.next_wid()), value: None })
    }

    fn make(&mut self, wid: Wid, mut widget: Widget) -> Result<(), Refusal> {
        match &mut self.setup {
            Some(setup) => setup.create(&mut self.model, wid, widget),
            None if self.model.widgets.contains_key(&wid) => Err(Refusal::Exists(wid)),
            None => {
                widget.known_text = widget.body.text().map(str::to_owned);
                self.model.add(wid, widget)
            }
        }
    }

    /// The number of the next widget for which nobody chose one.
    pub(super) fn next_wid(&self) -> Wid {
        self.setup.as_ref().map_or(self.model.next, |setup| setup.next)
    }

    fn check_references(&self, args: &[Value]) -> Result<(), Refusal> {
        match dangling(args, &|wid| self.model.widgets.contains_key(&wid)) {
            Some(wid) => Err(Refusal::UnknownWidget(wid)),
            None => Ok(()),
        }
    }

    /// Does each call; those that fail are told of and do not stop the others.
    fn batch(&mut self, calls: &[Call], now: Millis) -> reply::Done {
        let failed = |call: &Call| match self.call(call, now) {
            Ok(Answer::Done(_)) => None,
            Ok(Answer::Asked { ask, .. }) => {
                self.forget_ask(&ask);
                Some("What only a page can answer cannot be asked in a batch.".to_owned())
            }
            Err(refusal) => Some(refusal.to_string()),
        };
        let refused = calls.iter().map(failed).enumerate().filter_map(|(at, error)| Some((at, error?)));
        let (at, errors): (Vec<usize>, Vec<String>) = refused.unzip();
        let value = (!errors.is_empty()).then(|| serde_json::json!({ "errors": errors, "at": at }));
        reply::Done { value, ..reply::Done::default() }
    }

    fn call(&mut self, call: &Call, now: Millis) -> Result<Answer, Refusal> {
        let class = self.model.get(call.wid)?.class;
        self.check_references(&call.args)?;
        self.check_cycles(call)?;
        let args = self.merged_text(call);
        let mut body = std::mem::take(self.body_mut(call.wid)?);
        let widgets = &self.model.widgets;
        let class_of = |wid| widgets.get(&wid).map(|widget| widget.class);
        let outcome = perform(class, &mut body, &call.method, &args, now, &class_of);
        *self.body_mut(call.wid)? = body;
        let answer = self.follow_up(call, outcome?, now)?;
        if GROUPED.contains(&class.name) && call.method == "set_state" && call.args.first() == Some(&Value::Bool(true))
        {
            groups::choose(&mut self.model, call.wid, true)?;
        }
        Ok(answer)
    }

    /// What calls are about: in a setup what that makes of the widget, else the widget.
    fn body_mut(&mut self, wid: Wid) -> Result<&mut Body, Refusal> {
        let part = self.setup.as_mut().and_then(|setup| setup.parts.get_mut(&wid));
        match part {
            Some(part) => Ok(&mut part.body),
            None => Ok(&mut self.model.change(wid)?.0.body),
        }
    }

    fn body(&self, wid: Wid) -> Option<&Body> {
        let part = self.setup.as_ref().and_then(|setup| setup.parts.get(&wid));
        part.map(|part| &part.body).or_else(|| self.model.widgets.get(&wid).map(|widget| &widget.body))
    }

    /// Refuses to put a widget into itself, or into what stands in it.
    fn check_cycles(&self, call: &Call) -> Result<(), Refusal> {
        if !PUTTING.contains(&call.method.as_str()) {
            return Ok(());
        }
        for child in references_in(&call.args) {
            if self.holds(child, call.wid) {
                return Err(Refusal::Cycle { child, parent: call.wid });
            }
        }
        Ok(())
    }

    fn holds(&self, outer: Wid, inner: Wid) -> bool {
        let mut waiting = vec![outer];
        while let Some(wid) = waiting.pop() {
            if wid == inner {
                return true;
            }
            waiting.extend(self.body(wid).into_iter().flat_map(Body::children).filter_map(|child| child.wid));
        }
        false
    }

    /// A text that a program sets is based on the one it was told last: what was typed since then stays.
    fn merged_text(&self, call: &Call) -> Vec<Value> {
        let merged = || {
            let widget = self.model.widgets.get(&call.wid).filter(|widget| widget.class.is_typed())?;
            let known = widget.known_text.as_deref().filter(|_| widget.listens.contains("modified"))?;
            let present = widget.body.text().filter(|present| *present != known)?;
            let given = as_text(call.args.first()?);
            Some(text::changed(present, &text::carried(known, &given, present)))
        };
        match merged().filter(|_| call.method == "set_text" && self.setup.is_none()) {
            Some(text) => vec![Value::String(text)],
            None => call.args.clone(),
        }
    }

    fn follow_up(&mut self, call: &Call, outcome: Outcome, now: Millis) -> Result<Answer, Refusal> {
        self.settle(call)?;
        let done = match outcome {
            Outcome::Done(Done::Nothing) => reply::Done::default(),
            Outcome::Done(Done::Value(value)) => {
                self.note_told(call);
                reply::Done { value: Some(value), ..reply::Done::default() }
            }
            Outcome::Done(Done::Make { class, args, placement }) => {
                let wid = self.next_wid();
                self.make(wid, Widget::new(class, args, None)?)?;
                let child = super::body::Child { wid: Some(wid), placement };
                super::children::put(self.body_mut(call.wid)?, child, None);
                self.settle(call)?;
                reply::Done { value: Some(refer(wid, class.name)), wid: None, next_wid: Some(self.next_wid()) }
            }
            Outcome::Done(Done::Destroy(children)) => {
                children.into_iter().for_each(|child| self.destroy(child));
                reply::Done::default()
            }
            Outcome::Destroy => {
                self.destroy(call.wid);
                reply::Done::default()
            }
            Outcome::Command => {
                self.model.command(call.wid, &call.method, call.args.clone())?;
                reply::Done::default()
            }
            Outcome::Tells { action, args } => {
                let told = Callback::new(call.wid, action, args);
                let listens = self.model.get(call.wid)?.listens.contains(action);
                self.told.extend((listens && !call.silent).then_some(told));
                reply::Done::default()
            }
            Outcome::Ask(fallback) => return self.ask(call, fallback, now),
        };
        Ok(Answer::Done(done))
    }

    /// Brings everything else in agreement with what a call did to a widget.
    fn settle(&mut self, call: &Call) -> Result<(), Refusal> {
        if let Some(part) = self.setup.as_mut().and_then(|setup| setup.parts.get_mut(&call.wid)) {
            let touched = part.body.take_touched();
            if let Some(setup) = &mut self.setup {
                setup.follow(&mut self.model, call.wid, &touched)?;
            }
            if !touched.children {
                return Ok(());
            }
            self.settle_in_setup(call);
        }
        if call.method == "set_text" && self.setup.is_none() {
            let given = call.args.first().map(as_text);
            self.model.change(call.wid)?.0.known_text = given;
        }
        if ADDING.contains(&call.method.as_str()) {
            for child in references_in(&call.args) {
                let stands = self.model.get(call.wid)?.body.place_of(child).is_some();
                if stands {
                    self.model.settle(child, call.wid);
                }
            }
        } else if self.model.get(call.wid)?.body.has_new_children() {
            self.model.settle_all(call.wid);
        }
        Ok(())
    }

    fn settle_in_setup(&mut self, call: &Call) {
        let Some(setup) = &mut self.setup else { return };
        let Some(part) = setup.parts.get(&call.wid) else { return };
        let stand: Vec<Wid> = if ADDING.contains(&call.method.as_str()) {
            let named = references_in(&call.args).into_iter();
            named.filter(|child| part.body.place_of(*child).is_some()).collect()
        } else {
            part.body.children().iter().filter_map(|child| child.wid).collect()
        };
        stand.into_iter().for_each(|child| setup.settle(child, call.wid));
    }

    /// The program knows the text that it was answered.
    fn note_told(&mut self, call: &Call) {
        if let Some(widget) = self.model.widgets.get_mut(&call.wid).filter(|_| call.method == "get_text") {
            widget.known_text = widget.body.text().map(str::to_owned);
        }
    }

    fn destroy(&mut self, wid: Wid) {
        let gone = self.model.within(wid);
        if let Some(setup) = &mut self.setup {
            gone.iter().for_each(|wid| setup.forget(*wid));
        }
        gone.into_iter().for_each(|wid| self.model.remove(wid));
    }

    fn ask(&mut self, call: &Call, fallback: Option<Value>, now: Millis) -> Result<Answer, Refusal> {
        if self.model.asks.len() >= limits::ASKS_MAX {
            return Err(Refusal::Full("too many questions wait for a page.".into()));
        }
        let id = self.ask_id(call);
        let ask = Ask { wid: call.wid, method: call.method.clone(), args: call.args.clone() };
        self.model.asks.insert(id.clone(), ask);
        self.model.dirty.asks = true;
        self.asks_due.insert(id.clone(), now + limits::ASK_PATIENCE);
        Ok(Answer::Asked { ask: id, fallback })
    }

    /// The same for the same question: a late answer to the one before is an answer to this one, and the document does
    /// not fill with names.
    fn ask_id(&self, call: &Call) -> String {
        let about = format!("{}.{}", call.wid, call.method);
        let numbered = (2..).map(|number: u64| format!("{about}.{number}"));
        let mut ids = std::iter::once(about.clone()).chain(numbered);
        ids.find(|id| !self.model.asks.contains_key(id)).unwrap_or(about)
    }

    fn listen(&mut self, wid: Wid, action: &str, on: bool) -> Result<reply::Done, Refusal> {
        let in_setup = self.setup.as_mut().and_then(|setup| setup.parts.get_mut(&wid));
        if let Some(part) = in_setup {
            if on {
                part.listens.insert(action.to_owned())
            } else {
                part.listens.remove(action)
            };
        }
        let (widget, parts) = self.model.change(wid)?;
        if on && widget.listens.len() >= limits::LISTENS_MAX {
            return Err(Refusal::Full(format!("a widget is listened to for at most {} actions.", limits::LISTENS_MAX)));
        }
        let changed = if on { widget.listens.insert(action.to_owned()) } else { widget.listens.remove(action) };
        parts.listens |= changed;
        if on && action == "modified" && widget.known_text.is_none() {
            widget.known_text = widget.body.text().map(str::to_owned);
        }
        Ok(reply::Done::default())
    }

    fn page_command(&mut self, name: &str, args: Vec<Value>) -> reply::Done {
        let n = self.model.page.commands.get(name).map_or(0, |before| before.n) + 1;
        let client = self.model.acted.clone();
        self.model.page.commands.insert(name.to_owned(), Command { n, args, client });
        self.model.dirty.page = true;
        reply::Done::default()
    }

    fn register_font(&mut self, font: Value) -> Result<reply::Done, Refusal> {
        let fonts = &mut self.model.page.fonts;
        fonts.retain(|known| *known != font);
        if fonts.len() >= limits::FONTS_MAX {
            return Err(Refusal::Full(format!("a session has at most {} fonts.", limits::FONTS_MAX)));
        }
        fonts.push(font);
        self.model.dirty.page = true;
        Ok(reply::Done::default())
    }

    fn build_start(&mut self) -> reply::Done {
        if let Some(unfinished) = self.setup.replace(Setup::default()) {
            unfinished.abandon(&mut self.model);
        }
        reply::Done { next_wid: Some(1), ..reply::Done::default() }
    }

    fn build_end(&mut self) -> Result<reply::Done, Refusal> {
        let setup = self.setup.take().ok_or(Refusal::Impossible("There was no build-start before this build-end."))?;
        setup.end(&mut self.model)?;
        Ok(reply::Done { next_wid: Some(self.next_wid()), ..reply::Done::default() })
    }

    fn set_title(&mut self, title: &str) -> reply::Done {
        let title: String =
            title.trim().chars().filter(|letter| !letter.is_control()).take(limits::TITLE_MAX).collect();
        if self.model.title != title {
            self.model.title = title;
            self.model.dirty.info = true;
        }
        reply::Done::default()
    }
}

/// The widgets that arguments name, in lists too.
fn references_in(args: &[Value]) -> Vec<Wid> {
    let own = args.iter().filter_map(reference);
    let listed = args.iter().filter_map(Value::as_array).flatten().filter_map(reference);
    own.chain(listed).collect()
}
