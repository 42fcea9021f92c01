/** The broker inside a client's process. */
@NullMarked
package org.fulmar.broker.embedded;

import org.jspecify.annotations.NullMarked;
