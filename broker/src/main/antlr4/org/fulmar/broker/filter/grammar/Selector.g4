// Message selectors: Jakarta Messaging 3.1, section 3.8.1. One expression grammar for conditions, numbers and
// strings; what types go together is checked afterwards (SelectorCompiler). Whatever can repeat does so in a loop, so that
// only parentheses nest; their depth is checked before this grammar is asked. One token always tells how to go on.
grammar Selector;

selector: expression EOF;

expression: conjunction (OR conjunction)*;

conjunction: negation (AND negation)*;

negation: NOT* comparison;

comparison: sum test?;

test
    : relation=(EQ | NE | LT | LE | GT | GE) sum                            # Relation
    | not=NOT? range                                                        # Ranged
    | IS not=NOT? NULL                                                      # IsNull
    ;

range
    : BETWEEN sum AND sum                                                   # Between
    | IN OPEN STRING (COMMA STRING)* CLOSE                                  # In
    | LIKE pattern=STRING (ESCAPE escape=STRING)?                           # Like
    ;

sum: product (operators+=(PLUS | MINUS) product)*;

product: signed (operators+=(TIMES | DIVIDE) signed)*;

signed: signs+=(PLUS | MINUS)* primary;

primary
    : literal=(STRING | EXACT | APPROXIMATE | TRUE | FALSE)                 # Literal
    | IDENTIFIER                                                            # Identifier
    | OPEN expression CLOSE                                                 # Nested
    ;

AND options { caseInsensitive = true; }: 'AND';
BETWEEN options { caseInsensitive = true; }: 'BETWEEN';
ESCAPE options { caseInsensitive = true; }: 'ESCAPE';
FALSE options { caseInsensitive = true; }: 'FALSE';
IN options { caseInsensitive = true; }: 'IN';
IS options { caseInsensitive = true; }: 'IS';
LIKE options { caseInsensitive = true; }: 'LIKE';
NOT options { caseInsensitive = true; }: 'NOT';
NULL options { caseInsensitive = true; }: 'NULL';
OR options { caseInsensitive = true; }: 'OR';
TRUE options { caseInsensitive = true; }: 'TRUE';

EQ: '=';
NE: '<>';
LT: '<';
LE: '<=';
GT: '>';
GE: '>=';
PLUS: '+';
MINUS: '-';
TIMES: '*';
DIVIDE: '/';
OPEN: '(';
CLOSE: ')';
COMMA: ',';

STRING: '\'' (~'\'' | '\'\'')* '\'';
// Java's integer and floating-point literals, the former in all four bases.
EXACT: (DIGITS | '0' [xX] HEX_DIGITS | '0' [bB] DIGITS) [lL]?;
APPROXIMATE
    : DIGITS '.' DIGITS? EXPONENT? [fFdD]?
    | '.' DIGITS EXPONENT? [fFdD]?
    | DIGITS EXPONENT [fFdD]?
    | DIGITS [fFdD]
    | '0' [xX] (HEX_DIGITS '.'? | HEX_DIGITS? '.' HEX_DIGITS) [pP] [+-]? DIGITS [fFdD]?
    ;
// Wider than Java's outside ASCII: SelectorSyntax looks at each character.
IDENTIFIER: [a-zA-Z_$\u0080-\u{10FFFF}] [a-zA-Z0-9_$\u0080-\u{10FFFF}]*;

BLANK: [ \t\f\r\n]+ -> skip;

// Longer than STRING only if no quote closes it.
UNCLOSED: '\'' (~'\'' | '\'\'')*;
UNEXPECTED: .;

fragment DIGITS: [0-9] ([0-9_]* [0-9])?;
fragment HEX_DIGITS: [0-9a-fA-F] ([0-9a-fA-F_]* [0-9a-fA-F])?;
fragment EXPONENT: [eE] [+-]? DIGITS;
