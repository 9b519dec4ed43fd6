//! Which model logs in.

use super::{Index, index};

const CONVENTIONAL: (&str, &str) =
    ("app/Models/User.php", r"namespace App\Models; class User extends \Illuminate\Foundation\Auth\User {} class Guest {}");
const MEMBER: (&str, &str) =
    ("app/Models/Member.php", r"namespace App\Models; class Member extends \Illuminate\Foundation\Auth\User {}");

fn user(index: &Index) -> Option<&str> {
    index.user_model().map(|class| index.class_name(class))
}

#[test]
fn the_default_guards_provider_names_the_model() {
    let config = (
        "config/auth.php",
        r"return [
            'defaults' => ['guard' => 'members'],
            'guards' => ['web' => ['provider' => 'users'], 'members' => ['driver' => 'session', 'provider' => 'people']],
            'providers' => [
                'users' => ['model' => App\Models\User::class],
                'people' => ['driver' => 'eloquent', 'model' => env('MODEL', App\Models\Member::class)],
            ],
        ];",
    );
    assert_eq!(user(&index(&[CONVENTIONAL, MEMBER, config])), Some(r"App\Models\Member"));
}

#[test]
fn without_configuration_the_conventional_one_logs_in() {
    assert_eq!(user(&index(&[MEMBER, CONVENTIONAL])), Some(r"App\Models\User"));
}

#[test]
fn a_single_model_that_can_log_in_does() {
    assert_eq!(user(&index(&[MEMBER])), Some(r"App\Models\Member"));
}

#[test]
fn two_such_models_leave_it_open() {
    let other = ("app/Models/Admin.php", r"namespace App\Models; class Admin extends \Illuminate\Foundation\Auth\User {}");
    assert_eq!(user(&index(&[MEMBER, other])), None);
}
