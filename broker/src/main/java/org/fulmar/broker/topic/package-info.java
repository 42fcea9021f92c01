/** Topics: their table, their names, and the facts that change them. */
@NullMarked
package org.fulmar.broker.topic;

import org.jspecify.annotations.NullMarked;
