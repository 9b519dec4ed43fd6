//! The points on which respectable implementations differ. The default is the reading of this reference.

/// How C before an umlaut is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Umlaut {
    /// Ä, Ö, Ü are A, O, U everywhere: Cäsar is 487.
    #[default]
    Folded,
    /// They are vowels, but not among the letters before which C is hard: Cäsar is 887.
    OutsideTheLists,
}

/// What ß is to its neighbours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Eszett {
    /// SS: bißchen is 186, since C stands behind S.
    #[default]
    DoubleS,
    /// A letter of its own with the code 8: bißchen is 1846.
    OwnLetter,
}

/// What ẞ is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CapitalEszett {
    /// The same as ß.
    #[default]
    AsEszett,
    /// No letter: upper-casing does not change it.
    Dropped,
}

/// What letters with other accents are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Accented {
    /// No letters: Émile is 65.
    #[default]
    Dropped,
    /// The letter without its accent: Émile is 065.
    Folded,
}

/// What a space means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Words {
    /// Each word has its code, and the codes keep their spaces: Heinz Classen is `068 4586`.
    #[default]
    Apart,
    /// Each word has its code, and they are written without spaces: 0684586.
    Joined,
    /// A space is a sign like any other: 068586.
    OneWord,
}

/// When other signs leave.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OtherSigns {
    /// Before the neighbours are looked at: T's is 8.
    #[default]
    RemovedFirst,
    /// Afterwards: T's is 28.
    RemovedLast,
}

/// Which C is the first letter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FirstC {
    /// The one before which no letter stands: HCL is 85.
    #[default]
    ByLetter,
    /// The one before which no digit stands: HCL is 45.
    ByCode,
}

/// A reading of the rules. [`Variants::default`] is the reference.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is explained at its type")]
pub struct Variants {
    pub umlaut: Umlaut,
    pub eszett: Eszett,
    pub capital_eszett: CapitalEszett,
    pub accented: Accented,
    pub words: Words,
    pub other_signs: OtherSigns,
    pub first_c: FirstC,
}

impl Variants {
    /// The readings that differ from the reference in one point, with the name of the point.
    pub const OTHERS: [(&'static str, Self); 8] = {
        const REFERENCE: Variants = Variants {
            umlaut: Umlaut::Folded,
            eszett: Eszett::DoubleS,
            capital_eszett: CapitalEszett::AsEszett,
            accented: Accented::Dropped,
            words: Words::Apart,
            other_signs: OtherSigns::RemovedFirst,
            first_c: FirstC::ByLetter,
        };
        [
            ("umlaut-behind-c", Self { umlaut: Umlaut::OutsideTheLists, ..REFERENCE }),
            ("eszett-as-own-letter", Self { eszett: Eszett::OwnLetter, ..REFERENCE }),
            ("capital-eszett-dropped", Self { capital_eszett: CapitalEszett::Dropped, ..REFERENCE }),
            ("accents-folded", Self { accented: Accented::Folded, ..REFERENCE }),
            ("words-joined", Self { words: Words::Joined, ..REFERENCE }),
            ("words-as-one", Self { words: Words::OneWord, ..REFERENCE }),
            ("other-signs-as-neighbours", Self { other_signs: OtherSigns::RemovedLast, ..REFERENCE }),
            ("first-c-by-code", Self { first_c: FirstC::ByCode, ..REFERENCE }),
        ]
    };
}
