/** Money between a database and a queue, in global transactions, by a program that is killed in the midst of them. */
package org.fulmar.samples.xa;
