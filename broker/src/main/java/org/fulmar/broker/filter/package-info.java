/** Message selectors: SQL text to a test of stored messages that reads only what the text names, in bounded time. */
@NullMarked
package org.fulmar.broker.filter;

import org.jspecify.annotations.NullMarked;
