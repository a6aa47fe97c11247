/** Names of elements: several views on one page must not have the same ones. */
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';

/** Stands before every id; empty on the page of its own. */
export const IdPrefix = createContext('');

/** Makes ids of what is mounted here. */
export function useIds(): (name: string) => string {
  const prefix = useContext(IdPrefix);
  return (name) => prefix + name;
}
