//! The node kinds and fields of the grammar: the only place that spells them.
//!
//! Kinds are looked up by the grammar's numbers, from a table that is built once.

use std::sync::LazyLock;

use tree_sitter::Language;

macro_rules! kinds {
    (
        statements { $($statement:ident = $statement_text:literal,)* }
        members { $($member:ident = $member_text:literal,)* }
        expressions { $($expr:ident = $expr_text:literal,)* }
        others { $($other:ident = $other_text:literal,)* }
        tokens { $($token:ident = $token_text:literal,)* }
    ) => {
        /// The kind of a node.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u8)]
        pub(super) enum Kind {
            /// Text that the parser could not place.
            Error,
            /// A token without meaning of its own.
            Punctuation,
            $($statement,)*
            $($member,)*
            $($expr,)*
            $($other,)*
            $($token,)*
        }

        impl Kind {
            /// True for a statement.
            pub(super) const fn is_statement(self) -> bool {
                matches!(self, $(Self::$statement)|*)
            }

            /// True for a member of a class. Constants can stand outside classes too, where they are statements.
            pub(super) const fn is_member(self) -> bool {
                matches!(self, $(Self::$member)|*)
            }

            /// True for an expression, a pattern or a name that may stand for a constant.
            pub(super) const fn is_expression(self) -> bool {
                matches!(self, $(Self::$expr)|*)
            }
        }

        const NAMED: &[(&str, Kind)] = &[
            $(($statement_text, Kind::$statement),)*
            $(($member_text, Kind::$member),)*
            $(($expr_text, Kind::$expr),)*
            $(($other_text, Kind::$other),)*
        ];
        const TOKENS: &[(&str, Kind)] = &[$(($token_text, Kind::$token),)*];
    };
}

kinds! {
    statements {
        EmptyStatement = "empty_statement",
        CompoundStatement = "compound_statement",
        NamedLabelStatement = "named_label_statement",
        ExpressionStatement = "expression_statement",
        IfStatement = "if_statement",
        SwitchStatement = "switch_statement",
        WhileStatement = "while_statement",
        DoStatement = "do_statement",
        ForStatement = "for_statement",
        ForeachStatement = "foreach_statement",
        GotoStatement = "goto_statement",
        ContinueStatement = "continue_statement",
        BreakStatement = "break_statement",
        ReturnStatement = "return_statement",
        TryStatement = "try_statement",
        DeclareStatement = "declare_statement",
        EchoStatement = "echo_statement",
        ExitStatement = "exit_statement",
        UnsetStatement = "unset_statement",
        ConstDeclaration = "const_declaration",
        FunctionDefinition = "function_definition",
        ClassDeclaration = "class_declaration",
        InterfaceDeclaration = "interface_declaration",
        TraitDeclaration = "trait_declaration",
        EnumDeclaration = "enum_declaration",
        NamespaceDefinition = "namespace_definition",
        NamespaceUseDeclaration = "namespace_use_declaration",
        GlobalDeclaration = "global_declaration",
        FunctionStaticDeclaration = "function_static_declaration",
    }
    members {
        PropertyDeclaration = "property_declaration",
        MethodDeclaration = "method_declaration",
        UseDeclaration = "use_declaration",
        EnumCase = "enum_case",
    }
    expressions {
        ConditionalExpression = "conditional_expression",
        MatchExpression = "match_expression",
        AugmentedAssignment = "augmented_assignment_expression",
        Assignment = "assignment_expression",
        ReferenceAssignment = "reference_assignment_expression",
        Yield = "yield_expression",
        Clone = "clone_expression",
        UnaryOp = "unary_op_expression",
        Cast = "cast_expression",
        ErrorSuppression = "error_suppression_expression",
        Binary = "binary_expression",
        Include = "include_expression",
        IncludeOnce = "include_once_expression",
        Require = "require_expression",
        RequireOnce = "require_once_expression",
        VariableName = "variable_name",
        DynamicVariableName = "dynamic_variable_name",
        Subscript = "subscript_expression",
        MemberCall = "member_call_expression",
        NullsafeMemberCall = "nullsafe_member_call_expression",
        MemberAccess = "member_access_expression",
        NullsafeMemberAccess = "nullsafe_member_access_expression",
        ScopedCall = "scoped_call_expression",
        ScopedPropertyAccess = "scoped_property_access_expression",
        ClassConstantAccess = "class_constant_access_expression",
        FunctionCall = "function_call_expression",
        Integer = "integer",
        Float = "float",
        EncapsedString = "encapsed_string",
        String = "string",
        Heredoc = "heredoc",
        Nowdoc = "nowdoc",
        Boolean = "boolean",
        Null = "null",
        QualifiedName = "qualified_name",
        RelativeName = "relative_name",
        Name = "name",
        ArrayCreation = "array_creation_expression",
        ListLiteral = "list_literal",
        Print = "print_intrinsic",
        AnonymousFunction = "anonymous_function",
        ArrowFunction = "arrow_function",
        ObjectCreation = "object_creation_expression",
        Update = "update_expression",
        ShellCommand = "shell_command_expression",
        Parenthesized = "parenthesized_expression",
        Throw = "throw_expression",
        ArgumentPlaceholder = "argument_placeholder",
    }
    others {
        Program = "program",
        Text = "text",
        TextInterpolation = "text_interpolation",
        PhpTag = "php_tag",
        PhpEndTag = "php_end_tag",
        Comment = "comment",
        ByRef = "by_ref",
        Pair = "pair",
        SequenceExpression = "sequence_expression",
        VariadicUnpacking = "variadic_unpacking",
        VariadicPlaceholder = "variadic_placeholder",
        ArrayElementInitializer = "array_element_initializer",
        Argument = "argument",
        Arguments = "arguments",
        RelativeScope = "relative_scope",
        AnonymousClass = "anonymous_class",
        AnonymousFunctionUseClause = "anonymous_function_use_clause",
        Attribute = "attribute",
        AttributeGroup = "attribute_group",
        AttributeList = "attribute_list",
        BaseClause = "base_clause",
        ClassInterfaceClause = "class_interface_clause",
        DeclarationList = "declaration_list",
        EnumDeclarationList = "enum_declaration_list",
        ConstElement = "const_element",
        PropertyElement = "property_element",
        PropertyHook = "property_hook",
        PropertyHookList = "property_hook_list",
        UseList = "use_list",
        UseInsteadOfClause = "use_instead_of_clause",
        UseAsClause = "use_as_clause",
        AbstractModifier = "abstract_modifier",
        FinalModifier = "final_modifier",
        ReadonlyModifier = "readonly_modifier",
        StaticModifier = "static_modifier",
        VarModifier = "var_modifier",
        VisibilityModifier = "visibility_modifier",
        ReferenceModifier = "reference_modifier",
        FormalParameters = "formal_parameters",
        SimpleParameter = "simple_parameter",
        VariadicParameter = "variadic_parameter",
        PropertyPromotionParameter = "property_promotion_parameter",
        NamedType = "named_type",
        OptionalType = "optional_type",
        PrimitiveType = "primitive_type",
        BottomType = "bottom_type",
        UnionType = "union_type",
        IntersectionType = "intersection_type",
        DisjunctiveNormalFormType = "disjunctive_normal_form_type",
        TypeList = "type_list",
        CastType = "cast_type",
        CatchClause = "catch_clause",
        FinallyClause = "finally_clause",
        ElseClause = "else_clause",
        ElseIfClause = "else_if_clause",
        ColonBlock = "colon_block",
        SwitchBlock = "switch_block",
        CaseStatement = "case_statement",
        DefaultStatement = "default_statement",
        MatchBlock = "match_block",
        MatchConditionList = "match_condition_list",
        MatchConditional = "match_conditional_expression",
        MatchDefault = "match_default_expression",
        StaticVariableDeclaration = "static_variable_declaration",
        DeclareDirective = "declare_directive",
        NamespaceName = "namespace_name",
        NamespaceUseClause = "namespace_use_clause",
        NamespaceUseGroup = "namespace_use_group",
        HeredocBody = "heredoc_body",
        HeredocStart = "heredoc_start",
        HeredocEnd = "heredoc_end",
        NowdocBody = "nowdoc_body",
        NowdocString = "nowdoc_string",
        StringContent = "string_content",
        EscapeSequence = "escape_sequence",
        Operation = "operation",
    }
    tokens {
        OpenBrace = "{",
        CloseBrace = "}",
        Comma = ",",
        Arrow = "=>",
        DoubleColon = "::",
        ClassKeyword = "class",
        FunctionKeyword = "function",
        ConstKeyword = "const",
        YieldFrom = "yield from",
        Plus = "+",
        Minus = "-",
        Star = "*",
        Slash = "/",
        Percent = "%",
        Power = "**",
        Amp = "&",
        Pipe = "|",
        Caret = "^",
        Tilde = "~",
        Bang = "!",
        ShiftLeft = "<<",
        ShiftRight = ">>",
        AndAnd = "&&",
        OrOr = "||",
        And = "and",
        Or = "or",
        Xor = "xor",
        EqualEqual = "==",
        Identical = "===",
        NotEqual = "!=",
        NotEqualAngle = "<>",
        NotIdentical = "!==",
        Less = "<",
        LessEqual = "<=",
        Greater = ">",
        GreaterEqual = ">=",
        Spaceship = "<=>",
        Coalesce = "??",
        Dot = ".",
        PipeArrow = "|>",
        InstanceOf = "instanceof",
        Increment = "++",
        Decrement = "--",
        PowerAssign = "**=",
        StarAssign = "*=",
        SlashAssign = "/=",
        PercentAssign = "%=",
        PlusAssign = "+=",
        MinusAssign = "-=",
        DotAssign = ".=",
        ShiftLeftAssign = "<<=",
        ShiftRightAssign = ">>=",
        AmpAssign = "&=",
        CaretAssign = "^=",
        PipeAssign = "|=",
        CoalesceAssign = "??=",
    }
}

impl Kind {
    /// True where lowering reads the node's text and needs nothing below it.
    pub(super) const fn is_leaf(self) -> bool {
        matches!(
            self,
            Self::Punctuation
                | Self::VariableName
                | Self::Integer
                | Self::Float
                | Self::String
                | Self::Nowdoc
                | Self::Boolean
                | Self::Null
                | Self::QualifiedName
                | Self::RelativeName
                | Self::NamespaceName
                | Self::Name
                | Self::Comment
                | Self::PhpTag
                | Self::PhpEndTag
                | Self::Text
                | Self::RelativeScope
                | Self::AbstractModifier
                | Self::FinalModifier
                | Self::ReadonlyModifier
                | Self::StaticModifier
                | Self::VarModifier
                | Self::VisibilityModifier
                | Self::ReferenceModifier
                | Self::NamedType
                | Self::OptionalType
                | Self::PrimitiveType
                | Self::BottomType
                | Self::UnionType
                | Self::IntersectionType
                | Self::DisjunctiveNormalFormType
                | Self::CastType
                | Self::DeclareDirective
                | Self::StringContent
                | Self::EscapeSequence
                | Self::HeredocStart
                | Self::HeredocEnd
        ) || (self as u8) >= (Self::OpenBrace as u8)
    }

    /// True where lowering never looks at the node, only at the text around it.
    pub(super) const fn is_dropped(self) -> bool {
        matches!(self, Self::Punctuation | Self::StringContent | Self::EscapeSequence | Self::EmptyStatement | Self::PhpEndTag)
    }

    /// True for a plain, qualified or relative name.
    pub(super) const fn is_name(self) -> bool {
        matches!(self, Self::Name | Self::QualifiedName | Self::RelativeName)
    }
}

macro_rules! fields {
    ($($field:ident = $text:literal,)*) => {
        /// The role of a node in the node around it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u8)]
        pub(super) enum Field {
            /// No role, or none that lowering asks for.
            None,
            $($field,)*
        }

        const FIELDS: &[(&str, Field)] = &[$(($text, Field::$field),)*];
    };
}

fields! {
    Alias = "alias",
    Alternative = "alternative",
    Argument = "argument",
    Arguments = "arguments",
    Attributes = "attributes",
    Body = "body",
    Condition = "condition",
    Conditions = "conditional_expressions",
    DefaultValue = "default_value",
    EndTag = "end_tag",
    Function = "function",
    Identifier = "identifier",
    Initialize = "initialize",
    Left = "left",
    Name = "name",
    Object = "object",
    Operator = "operator",
    Parameters = "parameters",
    ReferenceModifier = "reference_modifier",
    Result = "return_expression",
    ReturnType = "return_type",
    Right = "right",
    Scope = "scope",
    StaticModifier = "static_modifier",
    Type = "type",
    Update = "update",
    Value = "value",
    Visibility = "visibility",
}

/// The grammar with its numbers translated.
pub(super) struct Grammar {
    pub(super) language: Language,
    kinds: Vec<Kind>,
    fields: Vec<Field>,
}

impl Grammar {
    fn new() -> Self {
        super::allocator::install();
        let language = Language::new(tree_sitter_php::LANGUAGE_PHP);
        let kind = |id: u16| {
            let text = language.node_kind_for_id(id).unwrap_or_default();
            let known = if language.node_kind_is_named(id) { NAMED } else { TOKENS };
            known.iter().find(|(name, _)| *name == text).map_or(Kind::Punctuation, |(_, kind)| *kind)
        };
        let kinds = (0..language.node_kind_count()).map(|id| kind(u16::try_from(id).unwrap_or(u16::MAX))).collect();
        let field = |id: u16| {
            let text = language.field_name_for_id(id).unwrap_or_default();
            FIELDS.iter().find(|(name, _)| *name == text).map_or(Field::None, |(_, field)| *field)
        };
        let fields = (0..=language.field_count()).map(|id| field(u16::try_from(id).unwrap_or(u16::MAX))).collect();
        Self { language, kinds, fields }
    }

    /// The kind with a number of the grammar. The number of error nodes lies beyond the table.
    pub(super) fn kind(&self, id: u16) -> Kind {
        self.kinds.get(usize::from(id)).copied().unwrap_or(Kind::Error)
    }

    /// The field with a number of the grammar.
    pub(super) fn field(&self, id: u16) -> Field {
        self.fields.get(usize::from(id)).copied().unwrap_or(Field::None)
    }
}

/// The grammar, read once.
pub(super) static GRAMMAR: LazyLock<Grammar> = LazyLock::new(Grammar::new);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_in_the_grammar() {
        let language = &GRAMMAR.language;
        for (name, kind) in NAMED {
            let id = language.id_for_node_kind(name, true);
            assert_ne!(id, 0, "{name}");
            assert_eq!(GRAMMAR.kind(id), *kind, "{name}");
        }
        for (name, kind) in TOKENS {
            let id = language.id_for_node_kind(name, false);
            assert_ne!(id, 0, "{name}");
            assert_eq!(GRAMMAR.kind(id), *kind, "{name}");
        }
        assert_eq!(GRAMMAR.kind(u16::MAX), Kind::Error);
    }

    #[test]
    fn every_field_is_in_the_grammar() {
        for (name, field) in FIELDS {
            let id = GRAMMAR.language.field_id_for_name(name).map_or(0, std::num::NonZero::get);
            assert_ne!(id, 0, "{name}");
            assert_eq!(GRAMMAR.field(id), *field, "{name}");
        }
    }

    #[test]
    fn every_named_kind_of_the_grammar_is_known() {
        let language = &GRAMMAR.language;
        for id in 0..u16::try_from(language.node_kind_count()).unwrap_or(u16::MAX) {
            let name = language.node_kind_for_id(id).unwrap_or_default();
            // A token of the scanner's own, which no tree holds.
            let is_real = name != "sentinel_error" && !language.node_kind_is_supertype(id);
            if is_real && language.node_kind_is_named(id) && language.node_kind_is_visible(id) {
                assert!(NAMED.iter().any(|(known, _)| *known == name), "{name} of the grammar has no kind");
            }
        }
    }
}
