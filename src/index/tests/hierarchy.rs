use super::*;

fn zoo() -> Index {
    index(&[
        (
            "a.php",
            r"namespace App;
            interface Named {}
            interface Tagged extends Named, \Countable {}
            trait Deep {}
            trait Loud { use Deep; }
            trait Quiet { use \Vendor\Silence; }
            abstract class Animal implements Tagged { use Quiet; }
            class Dog extends Animal { use Loud; }
            final class Puppy extends dog {}
            class Cat extends \Vendor\Feline implements \Illuminate\Contracts\Queue\ShouldQueue {}
            class User extends \Illuminate\Foundation\Auth\User { use \Illuminate\Database\Eloquent\SoftDeletes; }
            enum Size: string { case Small = 's'; }
            enum Plain { case One; }",
        ),
        ("b.php", r"namespace App; class Dog {} class Loop extends Pool {} class Pool extends Loop {}"),
    ])
}

#[test]
fn names_are_found_in_any_case_with_or_without_a_leading_backslash() {
    let index = zoo();
    assert_eq!(index.resolve_class("\\App\\DOG"), index.resolve_class("app\\dog"));
    assert!(index.resolve_class("App\\Dog").is_some());
    assert_eq!(index.resolve_class("Dog"), None);
}

#[test]
fn the_first_of_several_declarations_counts() {
    let index = zoo();
    assert_eq!(index.resolve_class("App\\Dog").unwrap().file.0, 0);
    let duplicates = index.duplicate_classes();
    assert_eq!(duplicates.len(), 1);
    assert_eq!((duplicates[0].name.as_str(), duplicates[0].declared.len()), ("App\\Dog", 2));
}

#[test]
fn parents_go_up_to_the_first_class_that_is_not_on_disk() {
    let index = zoo();
    assert_eq!(names(&index, &index.parents(class(&index, "App\\Puppy"))), ["App\\Dog", "App\\Animal"]);
    assert_eq!(index.external_parent(class(&index, "App\\Puppy")), None);
    assert_eq!(index.external_parent(class(&index, "App\\Cat")), Some("Vendor\\Feline"));
    assert_eq!(names(&index, &index.parents(class(&index, "App\\Loop"))), ["App\\Pool"]);
}

#[test]
fn a_class_is_its_parents_interfaces_and_what_is_known_of_them() {
    let index = zoo();
    let puppy = class(&index, "App\\Puppy");
    for name in ["App\\Puppy", "\\App\\animal", "App\\Tagged", "App\\Named", "Countable"] {
        assert!(index.is_a(puppy, name), "{name}");
    }
    assert!(!index.is_a(puppy, "App\\Loud") && !index.is_a(puppy, "App\\Cat"));
    let user = class(&index, "App\\User");
    assert!(index.is_a(user, "Illuminate\\Database\\Eloquent\\Model"));
    assert!(index.is_a(user, "Illuminate\\Contracts\\Auth\\Authenticatable"));
    assert!(!index.is_a(class(&index, "App\\Cat"), "Illuminate\\Database\\Eloquent\\Model"));
    assert!(index.is_a(class(&index, "App\\Size"), "BackedEnum") && !index.is_a(class(&index, "App\\Plain"), "BackedEnum"));
}

#[test]
fn names_of_classes_that_are_not_on_disk_have_a_known_hierarchy() {
    let index = zoo();
    assert!(index.name_is_a("Filament\\Resources\\Pages\\ListRecords", "Livewire\\Component"));
    assert!(index.name_is_a("App\\Puppy", "App\\Named"));
    assert!(index.name_is_a("Vendor\\Unknown", "vendor\\unknown"));
    assert!(!index.name_is_a("Vendor\\Unknown", "Livewire\\Component"));
    assert!(
        index.name_is_a(
            "Illuminate\\Database\\Eloquent\\Relations\\HasMany",
            "Illuminate\\Contracts\\Database\\Eloquent\\Builder"
        )
    );
}

#[test]
fn traits_are_collected_from_parents_and_traits() {
    let index = zoo();
    let puppy = class(&index, "App\\Puppy");
    assert_eq!(names(&index, &index.traits(puppy)), ["App\\Quiet", "App\\Loud", "App\\Deep"]);
    assert!(index.uses_trait(puppy, "App\\Deep") && index.uses_trait(puppy, "vendor\\silence"));
    assert!(!index.uses_trait(class(&index, "App\\Animal"), "App\\Loud"));
    let user = class(&index, "App\\User");
    assert!(index.uses_trait(user, "Illuminate\\Database\\Eloquent\\SoftDeletes"));
    assert!(index.uses_trait(user, "Illuminate\\Auth\\Authenticatable"), "of the parent that is not on disk");
}

#[test]
fn descendants_are_subclasses_implementers_and_users() {
    let index = zoo();
    assert_eq!(
        names(&index, index.descendants(class(&index, "App\\Named"))),
        ["App\\Tagged", "App\\Animal", "App\\Dog", "App\\Puppy"]
    );
    assert_eq!(names(&index, index.descendants(class(&index, "App\\Deep"))), ["App\\Loud", "App\\Dog", "App\\Puppy"]);
    assert!(index.descendants(class(&index, "App\\Puppy")).is_empty());
}

#[test]
fn implementers_are_concrete() {
    let index = zoo();
    assert_eq!(names(&index, &index.implementers_of("App\\Named")), ["App\\Dog", "App\\Puppy"]);
    assert_eq!(names(&index, &index.implementers_of("Illuminate\\Contracts\\Queue\\ShouldQueue")), ["App\\Cat"]);
}
