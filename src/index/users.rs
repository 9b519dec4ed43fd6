//! Who logs in: the model behind `auth()->user()`.

use super::{ClassKey, Constant, Index};

/// The class of users where nothing says otherwise.
/// `laravel/laravel:config/auth.php`, and the same up to Laravel 7
const CONVENTIONAL: [&str; 2] = ["App\\Models\\User", "App\\User"];

impl Index {
    /// The model of the users of the default guard: as `config/auth.php` names it, else by convention, else the only
    /// model that can log in.
    #[must_use]
    pub fn user_model(&self) -> Option<ClassKey> {
        self.user_model
    }

    pub(super) fn find_user_model(&self) -> Option<ClassKey> {
        let configured = self.configured_user_model();
        configured.or_else(|| CONVENTIONAL.iter().find_map(|name| self.resolve_class(name))).or_else(|| self.only_user_model())
    }

    fn configured_user_model(&self) -> Option<ClassKey> {
        let text = |key: &str| match self.config_default(key) {
            Some(Constant::String(text) | Constant::Class(text)) => Some(text),
            _ => None,
        };
        let guard = text("auth.defaults.guard").unwrap_or_else(|| "web".to_owned());
        let provider = text(&format!("auth.guards.{guard}.provider")).unwrap_or_else(|| "users".to_owned());
        self.resolve_class(&text(&format!("auth.providers.{provider}.model"))?)
    }

    fn only_user_model(&self) -> Option<ClassKey> {
        let mut users = self.models().filter(|model| self.is_a(model.class, "Illuminate\\Foundation\\Auth\\User"));
        match (users.next(), users.next()) {
            (Some(only), None) => Some(only.class),
            _ => None,
        }
    }
}
