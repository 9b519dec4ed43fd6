//! The channels of `config/logging.php`: where a log goes, how long it is kept, and who else gets it.

use crate::index::{Constant, ConstantKey, Index};

/// A channel of a log.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Channel {
    /// Its name.
    pub name: String,
    /// Its driver, where the configuration names one.
    pub driver: Option<String>,
    /// Days for which its files are kept.
    pub days: Option<i64>,
    /// The service outside of the application that it hands lines to.
    pub third_party: Option<String>,
}

/// Parts of drivers, handlers and addresses that say that lines leave the application.
const THIRD_PARTIES: [&str; 14] = [
    "slack",
    "papertrail",
    "sentry",
    "bugsnag",
    "flare",
    "logtail",
    "datadog",
    "loggly",
    "rollbar",
    "newrelic",
    "cloudwatch",
    "telegram",
    "honeybadger",
    "logflare",
];

/// The name of the channel that is written to where none is named.
#[must_use]
pub fn default_channel(index: &Index) -> String {
    match index.config_default("logging.default") {
        Some(Constant::String(name)) => name,
        _ => "default".to_owned(),
    }
}

/// A channel by its name, a stack with what its channels do.
#[must_use]
pub fn channel_named(index: &Index, name: &str) -> Channel {
    let mut channel = Channel { name: name.to_owned(), driver: None, days: None, third_party: None };
    fill(index, name, &mut channel, 0);
    channel
}

fn fill(index: &Index, name: &str, channel: &mut Channel, depth: u32) {
    let value = |key: &str| index.config_default(&format!("logging.channels.{name}.{key}"));
    let text = |key: &str| match value(key) {
        Some(Constant::String(text) | Constant::Class(text)) => Some(text),
        _ => None,
    };
    let driver = text("driver");
    if channel.driver.is_none() {
        channel.driver.clone_from(&driver);
    }
    if let Some(Constant::Int(days)) = value("days") {
        channel.days = Some(channel.days.map_or(days, |known| known.max(days)));
    } else if driver.as_deref() == Some("daily") && channel.days.is_none() {
        channel.days = Some(if index.options().laravel < crate::index::Version::new(11, 0, 0) { 7 } else { 14 });
    }
    let told: Vec<String> =
        [driver, text("handler"), text("url"), text("via"), Some(name.to_owned())].into_iter().flatten().collect();
    let third = THIRD_PARTIES.iter().find(|party| told.iter().any(|text| text.to_ascii_lowercase().contains(*party)));
    if channel.third_party.is_none() {
        channel.third_party = third.map(|party| (*party).to_owned());
    }
    if depth < 4
        && let Some(Constant::Array(items)) = value("channels")
    {
        for (key, item) in items {
            if let (ConstantKey::Int(_), Constant::String(inner)) = (key, item) {
                fill(index, &inner, channel, depth + 1);
            }
        }
    }
}
