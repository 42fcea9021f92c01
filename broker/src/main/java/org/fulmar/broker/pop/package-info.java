/** POP consumption: messages that are invisible for a time, until they are acknowledged. */
@NullMarked
package org.fulmar.broker.pop;

import org.jspecify.annotations.NullMarked;
