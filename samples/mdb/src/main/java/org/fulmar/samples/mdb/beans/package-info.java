/** The order service: message-driven beans and a timer, with a queue, a topic and a database in common transactions. */
@NullMarked
package org.fulmar.samples.mdb.beans;

import org.jspecify.annotations.NullMarked;
