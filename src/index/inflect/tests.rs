use super::*;

/// What doctrine/inflector 2.1 gives, with Laravel's handling of case.
#[rustfmt::skip]
const PLURALS: &[(&str, &str)] = &[
    ("Person", "People"), ("Category", "Categories"), ("Child", "Children"), ("Status", "Statuses"), ("Company", "Companies"), ("Staff", "Staff"), ("Equipment", "Equipment"), ("Data", "Data"), ("Media", "Media"), ("Analysis", "Analyses"), ("Address", "Addresses"), ("News", "News"), ("Series", "Series"), ("Sheep", "Sheep"), ("Feedback", "Feedback"), ("Customer", "Customers"), ("Appointment", "Appointments"), ("Call", "Calls"), ("Branch", "Branches"),
    ("Service", "Services"), ("Invoice", "Invoices"), ("Estimate", "Estimates"), ("Tax", "Taxes"), ("Currency", "Currencies"), ("Country", "Countries"), ("City", "Cities"), ("Activity", "Activities"), ("History", "Histories"),
    ("Policy", "Policies"), ("Entry", "Entries"), ("Reply", "Replies"), ("Query", "Queries"), ("Key", "Keys"), ("Day", "Days"), ("Survey", "Surveys"), ("Journey", "Journeys"), ("Boy", "Boys"), ("Toy", "Toys"), ("Bus", "Buses"), ("Class", "Classes"), ("Process", "Processes"), ("Access", "Accesses"), ("Business", "Businesses"), ("Box", "Boxes"), ("Fax", "Faxes"), ("Index", "Indices"), ("Matrix", "Matrices"), ("Vertex", "Vertices"), ("Match", "Matches"), ("Batch", "Batches"), ("Search", "Searches"), ("Wish", "Wishes"), ("Dish", "Dishes"), ("Fish", "Fish"), ("Hero", "Heroes"),
    ("Potato", "Potatoes"), ("Photo", "Photos"), ("Video", "Videos"), ("Radio", "Radios"), ("Logo", "Logos"), ("Echo", "Echoes"), ("Tomato", "Tomatoes"), ("Volcano", "Volcanoes"), ("Memo", "Memos"), ("Quiz", "Quizzes"), ("Man", "Men"),
    ("Woman", "Women"), ("Human", "Humans"), ("Mouse", "Mice"), ("House", "Houses"), ("Warehouse", "Warehouses"),
    ("Louse", "Lice"), ("Goose", "Geese"), ("Foot", "Feet"), ("Tooth", "Teeth"), ("Leaf", "Leaves"), ("Life", "Lives"),
    ("Knife", "Knives"), ("Wife", "Wives"), ("Shelf", "Shelves"), ("Self", "Selves"), ("Half", "Halves"), ("Calf", "Calves"), ("Roof", "Roofs"), ("Proof", "Proofs"), ("Belief", "Beliefs"), ("Chief", "Chiefs"), ("Thief", "Thieves"),
    ("Staffing", "Staffings"), ("Gulf", "Gulfs"), ("Hive", "Hives"), ("Archive", "Archives"), ("Drive", "Drives"),
    ("Save", "Saves"), ("Wave", "Waves"), ("Move", "Moves"), ("Curve", "Curves"), ("Datum", "Data"), ("Medium", "Media"),
    ("Curriculum", "Curricula"), ("Stadium", "Stadiums"), ("Forum", "Forums"), ("Album", "Albums"), ("Premium", "Premia"),
    ("Criterion", "Criteria"), ("Phenomenon", "Phenomenons"), ("Taxon", "Taxa"), ("Axis", "Axes"), ("Basis", "Bases"),
    ("Crisis", "Crises"), ("Diagnosis", "Diagnoses"), ("Hypothesis", "Hypotheses"), ("Thesis", "Theses"), ("Synopsis", "Synopses"), ("Emphasis", "Emphases"), ("Oasis", "Oases"), ("Focus", "Foci"), ("Campus", "Campuses"), ("Virus", "Viri"), ("Radius", "Radii"), ("Bonus", "Bonuses"), ("Corpus", "Corpuses"), ("Opus", "Opuses"), ("Genus", "Genera"),
    ("Menu", "Menus"), ("Cactus", "Cacti"), ("Alias", "Aliases"), ("Canvas", "Canvases"), ("Atlas", "Atlases"), ("Gas", "Gases"), ("Lens", "Lenses"), ("Iris", "Irises"), ("Sex", "Sexes"), ("Information", "Information"), ("Knowledge", "Knowledge"), ("Money", "Money"), ("Music", "Music"), ("Police", "Police"), ("Research", "Research"), ("Software", "Software"), ("Hardware", "Hardware"), ("Firmware", "Firmware"), ("Traffic", "Traffic"), ("Travel", "Travel"),
    ("Talent", "Talent"), ("Metadata", "Metadata"), ("Management", "Management"), ("Education", "Education"), ("Evidence", "Evidence"), ("Homework", "Homework"), ("Furniture", "Furniture"), ("Audio", "Audio"), ("Emoji", "Emoji"), ("Jeans", "Jeans"), ("Headquarters", "Headquarters"), ("Species", "Species"), ("Progress", "Progress"), ("Sms", "Sms"), ("Gps", "Gps"), ("Art", "Art"), ("Love", "Love"), ("Wood", "Wood"), ("Food", "Food"), ("Rice", "Rice"), ("Us", "Us"),
    ("People", "People"), ("Related", "Related"), ("Recommended", "Recommended"), ("Trivia", "Trivia"), ("Demo", "Demos"),
    ("Niche", "Niches"), ("Cache", "Caches"), ("Zombie", "Zombies"), ("Cookie", "Cookies"), ("Movie", "Movies"), ("Axe", "Axes"), ("Ox", "Oxen"), ("Ax", "Axes"), ("Cafe", "Cafes"), ("Safe", "Safes"), ("Grave", "Graves"), ("Epoch", "Epochs"), ("Brownie", "Brownies"), ("Sieve", "Sieves"), ("Abuse", "Abuses"), ("Use", "Uses"), ("Cause", "Causes"),
    ("Clause", "Clauses"), ("License", "Licenses"), ("Expense", "Expenses"), ("Response", "Responses"), ("Phase", "Phases"), ("Base", "Bases"), ("Database", "Databases"), ("Permission", "Permissions"), ("Role", "Roles"), ("User", "Users"), ("Team", "Teams"), ("Tenant", "Tenants"), ("Note", "Notes"), ("Tag", "Tags"), ("Post", "Posts"), ("Comment", "Comments"), ("Like", "Likes"), ("Follow", "Follows"), ("Subscription", "Subscriptions"), ("Plan", "Plans"), ("Price", "Prices"), ("Product", "Products"), ("Order", "Orders"), ("Item", "Items"), ("Stock", "Stocks"), ("Sku", "Skus"),
    ("Token", "Tokens"), ("Session", "Sessions"), ("Job", "Jobs"), ("Queue", "Queues"), ("Event", "Events"), ("Log", "Logs"), ("Audit", "Audits"), ("Report", "Reports"), ("Chart", "Charts"), ("Metric", "Metrics"), ("Setting", "Settings"), ("Option", "Options"), ("Preference", "Preferences"), ("Template", "Templates"), ("Theme", "Themes"),
    ("Page", "Pages"), ("Slug", "Slugs"), ("Url", "Urls"), ("Api", "Apis"), ("Webhook", "Webhooks"), ("Integration", "Integrations"), ("Calendar", "Calendars"), ("Holiday", "Holidays"), ("Break", "Breaks"), ("Shift", "Shifts"),
    ("Leave", "Leaves"),
];

#[rustfmt::skip]
const SINGULARS: &[(&str, &str)] = &[
    ("people", "person"), ("categories", "category"), ("children", "child"), ("statuses", "status"), ("companies",
    "company"), ("staff", "staff"), ("equipment", "equipment"), ("data", "data"), ("media", "medium"), ("analyses",
    "analysis"), ("addresses", "address"), ("news", "news"), ("series", "series"), ("sheep", "sheep"), ("feedback",
    "feedback"), ("boxes", "box"), ("indices", "index"), ("matrices", "matrix"), ("vertices", "vertex"), ("matches",
    "match"), ("heroes", "hero"), ("photos", "photo"), ("quizzes", "quiz"), ("men", "man"), ("women", "woman"), ("mice",
    "mouse"), ("houses", "house"), ("leaves", "leaf"), ("lives", "life"), ("knives", "knife"), ("wives", "wife"),
    ("shelves", "shelf"), ("archives", "archive"), ("drives", "drive"), ("waves", "wave"), ("moves", "move"), ("curves",
    "curve"), ("criteria", "criterion"), ("axes", "axe"), ("crises", "crisis"), ("diagnoses", "diagnosis"), ("theses",
    "thesis"), ("viruses", "virus"), ("cacti", "cactus"), ("aliases", "alias"), ("canvases", "canvas"), ("gases", "gas"),
    ("lenses", "lens"), ("money", "money"), ("taxes", "tax"), ("faxes", "fax"), ("cookies", "cookie"), ("movies",
    "movie"), ("menus", "menu"), ("oxen", "ox"), ("shoes", "shoe"), ("buses", "bus"), ("uses", "use"), ("causes",
    "cause"), ("databases", "database"), ("clothes", "clothes"), ("feet", "foot"), ("teeth", "tooth"), ("regattas",
    "regatta"), ("bases", "basis"), ("expenses", "expense"), ("responses", "response"), ("policies", "policy"),
    ("queries", "query"), ("keys", "key"), ("hives", "hive"), ("olives", "olive"), ("tights", "tights"), ("shorts",
    "shorts"), ("classes", "class"),
];

#[test]
fn plurals_are_those_of_doctrine() {
    assert!(PLURALS.len() >= 200);
    for (one, many) in PLURALS {
        assert_eq!(plural(one), *many);
        assert_eq!(plural(&one.to_lowercase()), many.to_lowercase());
    }
}

#[test]
fn singulars_are_those_of_doctrine() {
    for (many, one) in SINGULARS {
        assert_eq!(singular(many), *one, "{many}");
    }
}

#[test]
fn only_the_last_word_of_a_name_is_inflected() {
    assert_eq!(plural_studly("UserStatus"), "UserStatuses");
    assert_eq!(plural_studly("StaffMember"), "StaffMembers");
    assert_eq!(plural_studly("CompanyStaff"), "CompanyStaff");
    assert_eq!(plural_studly("Feedback"), "Feedback");
    assert_eq!(plural_studly("MLModel"), "MLModels");
    assert_eq!(plural_studly(""), "");
}

#[test]
fn case_follows_the_word() {
    assert_eq!(plural("COMPANY"), "COMPANIES");
    assert_eq!(plural("company"), "companies");
    assert_eq!(plural("item_"), "item_");
    assert_eq!(plural("Straße"), "Straßes");
}

#[test]
fn snake_case_splits_before_every_capital() {
    assert_eq!(snake("UserProfile"), "user_profile");
    assert_eq!(snake("HTTPLog"), "h_t_t_p_log");
    assert_eq!(snake("Order2Item"), "order2_item");
    assert_eq!(snake("customer"), "customer");
    assert_eq!(snake("phone number"), "phone_number");
    assert_eq!(snake("ÜberNote"), "über_note");
}

#[test]
fn studly_and_camel_case_join_words() {
    assert_eq!(studly("user_profile-item"), "UserProfileItem");
    assert_eq!(camel("user_profile"), "userProfile");
    assert_eq!(camel(""), "");
}
