// RocketMQ's SQL92 filters: what its own parser takes, and LIKE. Values are strings, numbers, TRUE, FALSE and properties; there is no
// arithmetic. NOT binds as in SQL, so that NOT a = 'x' is NOT (a = 'x'). Whatever can repeat does so in a loop, so that only
// parentheses nest; their depth is checked before this grammar is asked. What types go together is checked by SqlCompiler.
grammar Sql;

filter: expression EOF;

expression: conjunction (OR conjunction)*;

conjunction: negation (AND negation)*;

negation: NOT* equality;

equality: comparison equation*;

equation
    : relation=(EQ | NE) operand                                            # Equal
    | IS not=NOT? NULL                                                      # IsNull
    ;

operand: NOT* comparison;

comparison: signed test?;

test
    : relation=(LT | LE | GT | GE) signed                                   # Ordered
    | not=NOT? range                                                        # Ranged
    ;

range
    : BETWEEN signed AND signed                                             # Between
    | IN OPEN STRING (COMMA STRING)* CLOSE                                  # In
    | LIKE pattern=STRING (ESCAPE escape=STRING)?                           # Like
    | place=(CONTAINS | STARTSWITH | ENDSWITH) STRING                       # Search
    ;

signed: signs+=(PLUS | MINUS)* primary;

primary
    : literal=(STRING | EXACT | APPROXIMATE | TRUE | FALSE | NULL)          # Literal
    | (IDENTIFIER | LIKE | ESCAPE)                                          # Identifier
    | OPEN expression CLOSE                                                 # Nested
    ;

AND options { caseInsensitive = true; }: 'AND';
BETWEEN options { caseInsensitive = true; }: 'BETWEEN';
CONTAINS options { caseInsensitive = true; }: 'CONTAINS';
ENDSWITH options { caseInsensitive = true; }: 'ENDSWITH';
ESCAPE options { caseInsensitive = true; }: 'ESCAPE';
FALSE options { caseInsensitive = true; }: 'FALSE';
IN options { caseInsensitive = true; }: 'IN';
IS options { caseInsensitive = true; }: 'IS';
LIKE options { caseInsensitive = true; }: 'LIKE';
NOT options { caseInsensitive = true; }: 'NOT';
NULL options { caseInsensitive = true; }: 'NULL';
OR options { caseInsensitive = true; }: 'OR';
STARTSWITH options { caseInsensitive = true; }: 'STARTSWITH';
TRUE options { caseInsensitive = true; }: 'TRUE';

EQ: '=';
NE: '<>';
LT: '<';
LE: '<=';
GT: '>';
GE: '>=';
PLUS: '+';
MINUS: '-';
OPEN: '(';
CLOSE: ')';
COMMA: ',';

STRING: '\'' (~'\'' | '\'\'')* '\'';
EXACT: ('0' | [1-9] [0-9]*) [lL]?;
APPROXIMATE
    : [0-9]+ '.' [0-9]* EXPONENT?
    | '.' [0-9]+ EXPONENT?
    | [0-9]+ EXPONENT
    ;
IDENTIFIER: [a-zA-Z_$\u0080-\u{10FFFF}] [a-zA-Z0-9_$\u0080-\u{10FFFF}]*;

BLANK: [ \t\f\r\n]+ -> skip;
LINE_COMMENT: '--' ~[\r\n]* -> skip;
BLOCK_COMMENT: '/*' .*? '*/' -> skip;

// Longer than STRING only if no quote closes it.
UNCLOSED: '\'' (~'\'' | '\'\'')*;
UNEXPECTED: .;

fragment EXPONENT: [eE] [+-]? [0-9]+;
