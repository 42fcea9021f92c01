/** The broker, which stores messages and delivers them to consumers. */
@NullMarked
package org.fulmar.broker;

import org.jspecify.annotations.NullMarked;
