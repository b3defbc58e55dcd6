//! A template from text to text.

use std::{cell::RefCell, collections::BTreeMap, rc::Rc};

use super::{
    budget::MAX_TEMPLATE_BYTES,
    eval,
    names::Names,
    node::Trees,
    parse,
    policy::Policy,
    template_error::{Class, Limit, TemplateError},
    value::{Map, Text, Value},
};
use crate::secret::Hidden;

/// A parsed template.
pub struct Template<'t> {
    name: Text,
    text: &'t str,
    trees: Trees,
}

impl<'t> Template<'t> {
    /// Parses the text of a template; the name is what it can call itself by.
    ///
    /// # Errors
    /// [`Class::Syntax`] with the place, or a [`Class::Limit`].
    pub fn parse(name: &str, text: &'t str) -> Result<Self, TemplateError> {
        if text.len() > MAX_TEMPLATE_BYTES {
            let class = Class::Limit(Limit::Template);
            return Err(TemplateError::at(text, 0, class));
        }
        let trees = parse::parse(name, text).map_err(|error| *error)?;
        let name = Text::from(name);
        Ok(Self { name, text, trees })
    }

    /// The names that it reads from its values without any provision for their absence, each with the line (from 1)
    /// where it is first read.
    pub fn needed_names(&self) -> Vec<(String, usize)> {
        let main = std::str::from_utf8(self.name.bytes()).unwrap_or_default();
        let needed = Names::of(&self.trees, main).needed().into_iter();
        let line = |at: usize| {
            self.text
                .get(..at)
                .unwrap_or_default()
                .matches('\n')
                .count()
                + 1
        };
        needed.map(|(name, at)| (name, line(at))).collect()
    }

    /// Runs the template over the values by name, which are strings to it.
    ///
    /// # Errors
    /// [`TemplateError`] with place and class, never with a value.
    pub fn run(
        &self,
        values: &BTreeMap<String, Hidden<Vec<u8>>>,
        policy: &Policy,
    ) -> Result<Hidden<Vec<u8>>, TemplateError> {
        let entries = values
            .iter()
            .map(|(name, value)| {
                let value = Value::text(value.expose().as_slice());
                (Text::from(name.as_str()), value)
            })
            .collect();
        let data = Value::Map(Rc::new(Map {
            is_text: true,
            entries: RefCell::new(entries),
        }));
        eval::run(self.text, &self.trees, &self.name, data, policy)
            .map_err(|stop| TemplateError::at(self.text, stop.at, stop.class))
    }
}

/// Renders a template of a name with the values by name, as Go's `text/template` with Sprig does.
///
/// # Errors
/// [`TemplateError`] with place and class, never with a value.
pub fn render(
    name: &str,
    text: &str,
    values: &BTreeMap<String, Hidden<Vec<u8>>>,
    policy: &Policy,
) -> Result<Hidden<Vec<u8>>, TemplateError> {
    Template::parse(name, text)?.run(values, policy)
}
